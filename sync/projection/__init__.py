"""From the journal to statements: the only place where an event becomes RDF."""
