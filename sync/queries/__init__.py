"""SPARQL on statements: guarded, scoped, and evaluated in processes that can be ended."""
