"""The catalogue: what this register publishes, in which forms, from whom and on what terms."""
