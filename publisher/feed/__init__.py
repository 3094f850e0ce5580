"""The feed: every version object of every thing, as a Linked Data Event Stream (LDES 1.0) in the pages of a TREE."""
