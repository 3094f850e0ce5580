"""The events behind statements: of what kind each is and on which decision it rests, looked up once."""

from __future__ import annotations

from collections.abc import Iterable

from regiolog.sync.statements.history import History


class Behind:
    """What is told of events, by their positions.

    Args:
        history: The statements.
    """

    def __init__(self, history: History) -> None:
        """Remember what is looked up."""
        self._history = history
        self._known: dict[int, tuple[str, str]] = {}

    def kind(self, position: int) -> str:
        """The stored name of the event's kind."""
        return self._look_up(position)[0]

    def decision(self, position: int) -> str:
        """The key of the decision that the event rests on; empty when it rests on none."""
        return self._look_up(position)[1]

    def decisions(self, positions: Iterable[int]) -> list[str]:
        """The keys of the decisions that some events rest on, each once."""
        return list(dict.fromkeys(key for key in map(self.decision, positions) if key))

    def _look_up(self, position: int) -> tuple[str, str]:
        if position not in self._known:
            told = self._history.told_of(position)
            self._known[position] = (told.gist.kind, told.gist.decision or "") if told else ("", "")
        return self._known[position]
