"""Serves a file of N-Triples with rdflib-endpoint; run by the python of the peers' environment."""

from __future__ import annotations

import sys

import uvicorn
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint


def main(path: str, port: int) -> None:
    """Serve it until ended.

    Args:
        path: The file.
        port: Where to listen.
    """
    graph = Dataset(default_union=True)
    graph.parse(path, format="nt")
    uvicorn.run(SparqlEndpoint(graph=graph, path="/"), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
