"""What changed between two moments: as a person reads it, as a table, and as RDF."""
