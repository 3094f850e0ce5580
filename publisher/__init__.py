"""What is served: the answers, pages and downloads of the register, and its command line."""
