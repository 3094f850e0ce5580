"""Whether the service is alive, and whether its answers are up to date."""

from __future__ import annotations

import json
import time
from typing import Final

from flask import Blueprint, Response

from regiolog.events.temporal import instant_text
from regiolog.publisher import problems
from regiolog.publisher.asking import asked, service
from regiolog.publisher.negotiation import PLAIN_JSON

room: Final = Blueprint("health", __name__)

_PATIENCE: Final = 1.0


@room.get("/health/live")
def live() -> Response:
    """This process answers."""
    asked(optional=())
    return _said(status="live")


@room.get("/health/ready")
def ready() -> Response:
    """The statements are those of the journal's head; an event of this very second is given its time."""
    asked(optional=())
    here = service()
    patience = time.monotonic() + _PATIENCE
    while (standing := here.standing()).position < standing.head and not standing.stopped:
        if time.monotonic() > patience:
            break
        time.sleep(0.02)
    position, head, stopped = standing
    if stopped is not None or position < head:
        reason = stopped or f"the projection stands at event {position} of {head}"
        return problems.answer("not-ready", reason, position=position, head=head)
    history = here.history()
    known = instant_text(history.head_known())
    return _said(status="ready", position=position, head=head, known=known, register=history.register)


def _said(**members: str | int) -> Response:
    response = Response(json.dumps(members) + "\n", content_type=PLAIN_JSON.media_type)
    response.headers["Cache-Control"] = "no-store"
    return response
