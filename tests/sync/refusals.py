"""What is said when something is not fetched, held against what may be said."""

from __future__ import annotations

import pytest

from regiolog.events.errors import HarvestFailed
from regiolog.sync.sources.fetching import Fetcher


def refusal(fetcher: Fetcher, url: str, kind: type[HarvestFailed]) -> str:
    """What is said when an address is not fetched: one sentence, without what a query may keep secret."""
    with pytest.raises(kind) as refused:
        fetcher.get(url)
    said = str(refused.value)
    assert type(refused.value) is kind
    assert "secret" not in said
    assert "\n" not in said
    assert "Traceback" not in said
    return said
