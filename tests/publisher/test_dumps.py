"""Whole graphs as dumps: for which position each stands, its checksum, and parts of it that fit together."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regiolog.publisher.service import Service

DUMPS = (
    "/graph/now.nq.gz",
    "/graph/now.trig",
    "/graph/2025-01-01/2024-09-01.ttl.gz",
    "/graph/history/region/waasland.nq.gz",
    "/graph/source/pinc.jsonld",
    "/graph/proposal/VR-2020-10-09.rdf",
)
LASTING = DUMPS[2]
"""One that never changes, so that parts of it are given to whoever asks."""

EACH = pytest.mark.parametrize("address", DUMPS)


def get(client: FlaskClient, address: str, **headers: str) -> TestResponse:
    """An answer, read to its end."""
    answer = client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer.get_data()
    answer.close()
    return answer


def checksum(body: bytes) -> str:
    """What Repr-Digest says of a body."""
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("/graph/now.nq.gz", None),
        ("/graph/2021-01-01.ttl", None),
        ("/graph/history.nq.gz", None),
        ("/graph/2025-01-01/2024-09-01.nt", "2024-09-01T21:59:59.999999Z"),
        ("/graph/history/region/waasland.nt?known=2022-12-05T23:00:00Z", "2022-12-05T23:00:00Z"),
        ("/graph/source/pinc.nq?known=2022-12-05T23:00:00Z", "2022-12-05T23:00:00Z"),
        ("/graph/proposal/VR-2020-10-09.trig?known=2021-01-01", "2021-01-01"),
    ],
)
def test_a_dump_says_for_which_position_it_stands(
    client: FlaskClient, service: Service, address: str, known: str | None
) -> None:
    """The last event that was known, also to whoever has it already or asks for the head alone; pages may read it."""
    position = str(service.moment(None, known).position)
    answer = get(client, address)
    assert answer.headers["Regiolog-Position"] == position
    assert client.head(address).headers["Regiolog-Position"] == position
    again = get(client, address, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.headers["Regiolog-Position"]) == (304, position)
    part = get(client, address, Range="bytes=0-9", If_Range=answer.headers["ETag"])
    assert (part.status_code, part.headers["Regiolog-Position"]) == (206, position)
    exposed = {each.strip() for each in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed >= {"Regiolog-Position", "Repr-Digest", "Content-Range", "Accept-Ranges", "ETag"}


def test_a_harvester_can_go_on_from_a_dump(client: FlaskClient, service: Service) -> None:
    """The snapshot of an earlier position, and the net change since, are the snapshot of now."""
    with client.get("/graph/now.nq") as dump, client.get("/graph/2026-06-01/2026-06-01.nq") as same:
        assert dump.data == same.data
        assert int(dump.headers["Regiolog-Position"]) == service.history().position
    position = get(client, "/graph/2026-06-01/2024-01-01.nt").headers["Regiolog-Position"]
    known = service.history().position_at(service.moment(None, "2024-01-01").known)
    assert int(position) == known


@EACH
def test_parts_fit_together(client: FlaskClient, address: str) -> None:
    """Whatever they are, their bytes are those of the whole, each part with where it lies and the whole's checksum."""
    whole = get(client, address)
    length = len(whole.data)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Repr-Digest"] == checksum(whole.data)
    parts = []
    step = length // 3 + 1
    for start in range(0, length, step):
        part = get(client, address, Range=f"bytes={start}-{start + step - 1}", If_Range=whole.headers["ETag"])
        stop = min(start + step, length)
        assert part.status_code == 206
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{length}"
        assert int(part.headers["Content-Length"]) == len(part.data) == stop - start
        for name in ("ETag", "Repr-Digest", "Cache-Control", "Content-Type", "Link", "Memento-Datetime"):
            assert part.headers.get(name) == whole.headers.get(name)
        parts.append(part.data)
    assert len(parts) == 3
    assert b"".join(parts) == whole.data


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-", 5, None),
        ("bytes=-7", -7, None),
        ("BYTES = , 3-4 ,", 3, 5),
        ("bytes=0-99999999999999999999999999", 0, None),
        (f"bytes=-{'9' * 300}", 0, None),
        (f"bytes={'0' * 300}2-3", 2, 4),
    ],
)
def test_a_part_is_given(client: FlaskClient, wanted: str, start: int, stop: int | None) -> None:
    """From a place to another, to the end, or so many at the end."""
    whole = get(client, LASTING).data
    part = get(client, LASTING, Range=wanted)
    assert (part.status_code, part.data) == (206, whole[start:stop])


@pytest.mark.parametrize(
    "wanted",
    [
        *("bytes=0-1,5-6", "bytes=0-0,-1", "lines=1-2", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-3", "0-5"),
        *("bytes=1-2-3", "bytes=+1-2", "bytes=1.5-2", "bytes=٣-٤", "bytes=0x0-5", "bytes 0-5", ""),
    ],
)
def test_several_parts_and_nonsense_give_the_whole(client: FlaskClient, wanted: str) -> None:
    """As if the header were not there."""
    answer = get(client, DUMPS[2], Range=wanted)
    assert (answer.status_code, answer.data) == (200, get(client, DUMPS[2]).data)
    assert "Content-Range" not in answer.headers


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=99999999-99999999", "bytes=-0", f"bytes={'9' * 5000}-"])
def test_what_lies_beyond_the_end_is_refused(client: FlaskClient, wanted: str) -> None:
    """With the length, so that the client knows where the end is."""
    answer = get(client, LASTING, Range=wanted)
    assert (answer.status_code, answer.mimetype) == (416, "application/problem+json")
    assert answer.headers["Content-Range"] == f"bytes */{len(get(client, LASTING).data)}"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["/graph/now.nq.gz", "/graph/history.nq", "/graph/2025-01-01.ttl"])
def test_what_may_become_another_goes_whole(client: FlaskClient, address: str) -> None:
    """A part without `If-Range`, as `curl -C -` asks for it, might be put behind the beginning of another dump."""
    answer = get(client, address, Range="bytes=100-")
    assert answer.status_code == 200
    assert answer.data == get(client, address).data


def test_only_who_has_the_same_dump_goes_on(client: FlaskClient) -> None:
    """Another tag, a weak one or a date gives the whole; so does the tag of what was compressed on its way."""
    address = DUMPS[1]
    whole = get(client, address)
    tag = whole.headers["ETag"]
    assert get(client, address, Range="bytes=9-", If_Range=tag).data == whole.data[9:]
    packed = get(client, address, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    for held in ('"other"', f"W/{tag}", "Sat, 01 Jan 2022 00:00:00 GMT", packed.headers["ETag"], "", "*"):
        answer = get(client, address, Range="bytes=9-", If_Range=held)
        assert (answer.status_code, answer.data) == (200, whole.data), held
    assert get(client, address, Range="bytes=9-", If_Range='"other"', If_None_Match=tag).status_code == 304
    assert client.head(address, headers={"Range": "bytes=9-"}).status_code == 200
    assert client.open(address, method="OPTIONS", headers={"Range": "bytes=9-"}).status_code == 200


@EACH
def test_no_part_has_a_coding_of_the_way(client: FlaskClient, address: str) -> None:
    """A part is one of the bytes that the address stands for; what is compressed goes whole, with its own checksum."""
    plain = get(client, address)
    part = get(client, address, Accept_Encoding="gzip", Range="bytes=2-20", If_Range=plain.headers["ETag"])
    assert "Content-Encoding" not in part.headers
    assert (part.status_code, part.data) == (206, plain.data[2:21])
    packed = get(client, address, Accept_Encoding="gzip")
    assert packed.headers["Repr-Digest"] == checksum(packed.data)
    if not address.endswith(".gz"):
        assert "Accept-Ranges" not in packed.headers
        assert gzip.decompress(packed.data) == plain.data
        assert packed.data == get(client, f"{address}.gz").data


ELSEWHERE = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings

settings = Settings(data=Path(sys.argv[1]), workers=1)
with Service.open(settings, projecting=False, clock=lambda: datetime(2026, 6, 1, 12, tzinfo=UTC)) as service:
    client = create_app(service).test_client()
    found = {}
    for address in sys.argv[2:]:
        with client.get(address) as answer:
            found[address] = [answer.headers["ETag"], answer.headers["Repr-Digest"]]
print(json.dumps(found))
"""
"""A program that fetches dumps, and prints the tag and the checksum of each."""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_one_tag_stands_for_the_same_bytes_whoever_writes_them(
    client: FlaskClient, service: Service, seed: str
) -> None:
    """Another process with other hashes, that kept nothing, writes each dump byte by byte as we do."""
    addresses = (*DUMPS, "/graph/2025-01-01.rdf", "/graph/now.jsonld", "/graph/history/municipality/11056.ttl.gz")
    command = [sys.executable, "-c", ELSEWHERE, str(service.settings.data), *addresses]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout
    answers = {address: get(client, address) for address in addresses}
    assert json.loads(printed) == {
        address: [answer.headers["ETag"], checksum(answer.data)] for address, answer in answers.items()
    }


def test_a_dump_of_the_history_is_the_same_on_every_day(client: FlaskClient, service: Service) -> None:
    """It knows one clock only: whoever fetches it over midnight is not told to begin again."""
    tag = get(client, "/graph/history/region/waasland.nt").headers["ETag"]
    position = service.history().position
    assert service.history().key(service.moment("2020-01-01", None).at, position) != service.moment(None, None).key
    known = service.moment(None, None)
    assert known.position == position
    again = get(client, f"/graph/history/region/waasland.nt?known={known.known.isoformat().replace('+00:00', 'Z')}")
    assert again.headers["ETag"] == tag


def test_a_part_of_what_was_answered_before_is_a_part(service: Service, app: Flask) -> None:
    """What is kept in front of the application is the whole, and does not stand in the way of parts, nor become one."""
    client = app.test_client()
    address = "/graph/source/pinc.nt?at=2022-12-03&known=2022-12-04"
    first = get(client, address, Range="bytes=1-3")
    whole = get(client, address)
    assert get(client, address).data == whole.data
    second = get(client, address, Range="bytes=1-3")
    assert first.data == second.data == whole.data[1:4]
    assert second.status_code == 206
    assert get(client, address).data == whole.data
    kept = service.dumps.find(whole.headers["ETag"].strip('"'))
    assert kept is not None
    assert kept.length == len(whole.data)


def test_what_is_no_dump_has_no_parts(client: FlaskClient) -> None:
    """There a range is not heeded, nor promised, and does not keep an answer from being given again."""
    for address in ("/doc/region/waasland.ttl", "/query/regions.csv", "/catalog.ttl", "/ns.ttl"):
        answer = get(client, address, Range="bytes=0-9")
        assert (answer.status_code, answer.data) == (200, get(client, address).data)
        assert "Accept-Ranges" not in answer.headers


# Over HTTP, by a client that is not ours.


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the class above
        """Say nothing."""


@pytest.fixture(scope="module")
def port(app: Flask) -> Iterator[int]:
    """The application, served on this machine."""
    with WSGIServer(("127.0.0.1", 0), _Quiet) as server:
        server.set_app(app)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(10)


def test_a_download_that_broke_off_goes_on(port: int) -> None:
    """Half of it, then the rest with the tag: together they have the checksum that was promised at first."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/graph/now.nq.gz")
    answer = connection.getresponse()
    half = answer.read(int(answer.headers["Content-Length"]) // 2)
    promised, tag = answer.headers["Repr-Digest"], answer.headers["ETag"]
    connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/graph/now.nq.gz", headers={"Range": f"bytes={len(half)}-", "If-Range": tag})
    answer = connection.getresponse()
    assert answer.status == 206
    rest = answer.read()
    connection.close()
    assert checksum(half + rest) == promised
    assert gzip.decompress(half + rest).count(b"\n") > 10_000


def test_curl_goes_on(port: int, tmp_path: Path) -> None:
    """As everybody would do it on a command line."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    file = tmp_path / "dump"
    address = f"http://127.0.0.1:{port}/graph/2025-01-01/2024-09-01.ttl"
    subprocess.run([curl, "-sS", "-r", "0-999", "-o", str(file), address], check=True, timeout=60)
    assert file.stat().st_size == 1000
    subprocess.run([curl, "-sS", "-C", "-", "-o", str(file), address], check=True, timeout=60)
    whole = subprocess.run([curl, "-sS", address], check=True, timeout=60, capture_output=True).stdout
    assert file.read_bytes() == whole
