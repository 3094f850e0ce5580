"""How it is said: the vocabulary, code lists, shapes and IRIs with which the register speaks RDF."""
