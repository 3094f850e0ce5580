"""A part of a snapshot answers as the whole does, whatever is asked."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from multiprocessing import get_context
from typing import Final

import pytest

from regiolog.sync.statements.history import History
from tests.sync.differential import ask, compare, vocabulary
from tests.sync.registers import EVENTFUL
from tests.sync.test_laws import told

SEED: Final = 20_190_101
AT_A_TIME: Final = 10_000


@pytest.mark.soak
@pytest.mark.timeout(4 * 3_600)
def test_random_queries_of_random_registers(at_length: Callable[[int, int], int]) -> None:
    """Each is answered alike from both, and most from a part that is smaller than the whole."""
    count = at_length(2_000, 1_000_000)
    at_a_time = min(count, AT_A_TIME)
    found: Counter[str] = Counter()
    with ProcessPoolExecutor(at_length(1, 2), mp_context=get_context("spawn")) as processes:
        lots = [processes.submit(compare, SEED + number, at_a_time) for number in range(count // at_a_time)]
        try:
            for lot in as_completed(lots):
                found += lot.result()
                print(dict(found), flush=True)
        finally:
            processes.shutdown(cancel_futures=True)
    assert found["asked"] == count
    assert found["scoped"] > count / 2, "too many were answered from the whole, or not at all"
    assert found["answered"] > count / 10, "too many have no answer to compare"
    assert found["refused"] < count / 100


@pytest.mark.soak
def test_random_queries_of_a_register_in_which_everything_happens(at_length: Callable[[int, int], int]) -> None:
    """The statements that the projection makes are asked about as well, at several days and positions."""
    chance = random.Random(SEED)
    count = at_length(500, 50_000)
    with told(EVENTFUL) as (folder, _):
        history = History.open(folder.statements)
        head = history.position
        keys = [history.key(date(year, 6, 1), head - back) for year in (2020, 2022, 2026) for back in (0, 5, 12)]
        found = ask(history, keys, vocabulary(history.triples(keys[-3])), chance, count)
        history.close()
    print(dict(found))
    assert found["asked"] == count
    assert found["scoped"] > count / 2
    assert found["answered"] > count / 10
