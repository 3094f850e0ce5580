"""The feed: versions of municipalities, regions, structures and decisions as an event stream (LDES 1.0), in pages."""
