"""Harvesting (oogsten): what a source publishes, set beside what is held, becomes claims and events."""
