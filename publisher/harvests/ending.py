"""Ending: work that is told to end by SIGINT or SIGTERM, and is left where it is when it does not."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_GLANCE: Final = 0.05
"""Seconds between two looks at whether somebody wants it to end."""


def until_told(work: Callable[[], None], stop: threading.Event, patience: float) -> bool:
    """Do some work in a thread of its own, from the main thread, which listens to signals meanwhile.

    A handler of signals only takes note: it could come just where the event's own lock is held.

    Args:
        work: What is to be done; what it raises is raised here.
        stop: Is set when a signal comes, and tells the work to end.
        patience: For how many seconds the end is waited for then.

    Returns:
        Whether the work is over; else its thread still hangs somewhere, and holds no process up.
    """
    told: list[int] = []
    failed: list[BaseException] = []

    def working() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised in the main thread
            failed.append(error)

    thread = threading.Thread(target=working, name="work", daemon=True)
    before = {each: signal.signal(each, lambda number, _: told.append(number)) for each in _SIGNALS}
    try:
        thread.start()
        while thread.is_alive() and not told:
            thread.join(_GLANCE)
        if told:
            stop.set()
            thread.join(patience)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    if failed:
        raise failed[0]
    return not thread.is_alive()
