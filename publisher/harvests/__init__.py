"""Harvests as people start and see them: by hand or on schedule, told in text or JSON, with where sources stand."""
