"""What keeps pages in front of and behind the feed gives nobody half a page, or another register's."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from regiolog.publisher.beginning import MARKER, load_archive
from tests.builders import TurnedClock
from tests.feed.fed import HOST, Fed, begun
from tests.feed.reader import FORMS, fetch
from tests.processes import prepared


def files(data: Path) -> list[Path]:
    """The pages that are kept in a data folder."""
    return [path for path in data.rglob("*.gz") if path.is_file()]


@pytest.mark.parametrize("damage", ["cut off", "empty", "not compressed"])
def test_a_kept_page_that_is_damaged_is_written_again(flemish: Fed, tmp_path: Path, damage: str) -> None:
    """As a machine that lost its power may leave it: whoever asks gets the whole page, compressed or not."""
    data = prepared(flemish.service.settings.data, tmp_path / "data")
    with Fed(data, flemish.clock) as fed:
        whole = {form: fetch(f"{fed.url}feed/2", form).body for form in FORMS}
    assert files(data)
    for path in files(data):
        kept = path.read_bytes()
        path.write_bytes({"cut off": kept[: len(kept) // 2], "empty": b"", "not compressed": b"x" * 100}[damage])
    with Fed(data, flemish.clock) as fed:
        for form in ("text/turtle", "application/trig"):
            packed = fetch(f"{fed.url}feed/2", form, **{"Accept-Encoding": "gzip"})
            assert packed.status == 200
            assert gzip.decompress(packed.body) == whole[form]
            plain = fetch(f"{fed.url}feed/2", form)
            assert (plain.status, plain.body) == (200, whole[form])


def test_l03_pages_that_differ_have_other_tags(flemish: Fed, tmp_path: Path) -> None:
    """Of two registers that took in the same archive at other times, one after the other at one address."""
    clock = TurnedClock(datetime(2026, 7, 1, 12, tzinfo=UTC))
    data = begun(tmp_path / "data", clock, lambda journal: load_archive(journal, None, clock=clock))
    with Fed(data, clock) as other:
        for form in FORMS:
            for path in ("feed/1", "feed/municipality/11001/1"):
                one, next_ = flemish.get(path, form), other.get(path, form)
                assert one.data != next_.data, "they do not say when they were recorded"
                assert one.headers["ETag"] != next_.headers["ETag"]


def test_a_register_that_begins_again_keeps_no_pages_of_the_last(flemish: Fed, tmp_path: Path) -> None:
    """In the folder of one whose journal was removed: what was kept of that is not served as this one's."""
    data = prepared(flemish.service.settings.data, tmp_path / "data")
    with Fed(data, flemish.clock) as fed:
        before = fed.get("feed/1", "text/turtle").data
    for path in (*data.glob("*.sqlite*"), *data.glob(MARKER)):
        path.unlink()
    clock = TurnedClock(datetime(2026, 7, 1, 12, tzinfo=UTC))
    with Fed(begun(data, clock, lambda journal: load_archive(journal, None, clock=clock)), clock) as fed:
        after = fed.get("feed/1", "text/turtle").data
    assert b"2026-06-01T12:00:00Z" in before
    assert b"2026-06-01T12:00:00Z" not in after
    assert b"2026-07-01T12:00:00Z" in after


def test_a_page_is_the_same_packed_and_plain(flemish: Fed) -> None:
    """With another tag, of which either is known again."""
    for path in ("feed/1", "feed"):
        packed, plain = flemish.get(path, Accept_Encoding="gzip"), flemish.get(path)
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["ETag"] != plain.headers["ETag"]
        for etag in (packed.headers["ETag"], plain.headers["ETag"]):
            assert flemish.get(path, If_None_Match=etag).status_code == 304


@pytest.mark.parametrize("number", ["0", "-1", "01", "1.0", "1e3", "9" * 30, "٣", "²", "x", "%00", "1;2", "1.ttl"])
@pytest.mark.parametrize("under", ["feed/", "feed/branch/", "feed/municipality/11001/"])
def test_a_number_that_is_none_is_not_found(flemish: Fed, under: str, number: str) -> None:
    """Unknown, negative, huge and malformed: 404 with a sentence, and nothing to be kept."""
    answer = flemish.client.get(f"/{under}{number}", base_url=HOST)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json
    assert answer.json["detail"]
    assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["feed", "feed/1", "feed/branch/1", "feed/municipality/11001/1"])
def test_nothing_that_is_asked_is_ignored(flemish: Fed, path: str) -> None:
    """A parameter is refused where there is none; another method is not allowed; HEAD is GET without the body."""
    for query in ("at=2024-01-01", "known=2024-01-01", "page=2", "x"):
        answer = flemish.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert answer.json
        assert query.partition("=")[0] in answer.json["detail"]
    assert flemish.client.post(f"/{path}").status_code == 405
    head, whole = flemish.client.head(f"/{path}", base_url=HOST), flemish.client.get(f"/{path}", base_url=HOST)
    assert (head.status_code, head.data) == (200, b"")
    assert {name: head.headers.get(name) for name in ("ETag", "Content-Length", "Content-Type", "Cache-Control")} == {
        name: whole.headers.get(name) for name in ("ETag", "Content-Length", "Content-Type", "Cache-Control")
    }


@pytest.mark.parametrize("tag", ["x", '"', '"x"', "W/", ",,,", '"a" "b"', "é", '"' + "x" * 5_000 + '"'])
def test_a_tag_that_is_nonsense_is_no_tag(flemish: Fed, tag: str) -> None:
    """Whoever sends it is given the whole page; a star is any page there is."""
    assert flemish.get("feed/1", If_None_Match=tag).status_code == 200
    assert flemish.get("feed/1", If_None_Match="*").status_code == 304
    assert flemish.get("feed/999", If_None_Match="*").status_code == 404
