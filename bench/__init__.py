"""How fast regiolog is, beside what the same machine does without it; run ``python -m bench``."""
