"""Whether the service is alive, and whether it is ready."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from tests.builders import TurnedClock, said, small_register, tell


def test_a_service_that_is_up_to_date_is_ready(client: FlaskClient, service: Service) -> None:
    """Both positions are told, and since when the last event is known."""
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["position"] == answer.json["head"] == service.folder.journal.head()
    assert answer.json["known"].startswith("202")
    assert client.get("/health/live").json == {"status": "live"}


def test_a_service_that_lags_is_not_ready(tmp_path: Path) -> None:
    """While nobody projects what was recorded, it is alive, serves what it has, and says that it is behind."""
    clock = TurnedClock()
    folder = Folder(tmp_path, create=True, clock=clock)
    tell(folder.journal, *small_register(), clock=clock)
    folder.history().close()
    folder.close()
    with Service.open(Settings(data=tmp_path), projecting=False, clock=clock) as behind:
        client = create_app(behind).test_client()
        assert client.get("/health/ready").status_code == 200
        clock.turn(days=1)
        tell(
            behind.folder.journal,
            said("region-was-renamed", valid_from="2021-01-01", region="noord", name="Noorden"),
            clock=clock,
        )
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert answer.json is not None
        assert answer.json["detail"] == "the projection stands at event 6 of 7"
        assert (answer.json["position"], answer.json["head"]) == (6, 7)
        assert client.get("/health/live").status_code == 200
        assert "Noord" in client.get("/query/regions.csv").text
