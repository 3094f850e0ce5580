"""What happened: the register's events, what they mean together, and the journal that keeps them."""
