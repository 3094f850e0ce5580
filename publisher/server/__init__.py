"""The processes that serve: one that keeps the statements, and one that answers over HTTP, by either of two servers."""
