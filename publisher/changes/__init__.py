"""The change feed: what each event changed, attribute by attribute, as CloudEvents, as Atom and as a list."""
