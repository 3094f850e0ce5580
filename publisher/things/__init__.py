"""One thing: its page, and what is said of it in the forms of RDF."""
