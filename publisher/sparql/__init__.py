"""The SPARQL endpoint: the protocol, the graphs that a query is asked of, what the endpoint says of itself."""
