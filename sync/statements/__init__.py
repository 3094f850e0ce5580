"""The statements: the table that holds them with both periods, and what can be read from it."""
