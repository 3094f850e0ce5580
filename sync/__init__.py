"""Keeping in step: from the journal to statements, from statements to snapshots, and sources in."""
