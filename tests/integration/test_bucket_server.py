"""Buckets over HTTP, asked by whoever: who is let in, what is kept and what refused, and nothing is left half done."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from bucket_world import Served, Setup, served
from object_store_contract import spoil
from roadworthy.adapters.object_store.serve.app import Limits
from roadworthy.adapters.object_store.serve.upload import Pace
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from roadworthy.ledger.objects.folder import DirectoryStore

ROWS = Address.of(b"rows")
LARGE = os.urandom(2 << 20)
HEX = "a" * 64
IMPATIENT = Limits(pace=Pace(idle=0.3, slowest=1 << 20))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    """Return buckets that are served, without a quota."""
    with served(tmp_path / "buckets") as running:
        yield running


def path(address: str, project: str = "flights") -> str:
    """Return where an object is asked for."""
    return f"/buckets/{project}/objects/{address}"


def put(server: Served, data: bytes) -> tuple[int, dict[str, object]]:
    """Send an object, and return the status and what is said."""
    status, _, told = server.ask("PUT", path(Address.of(data)), data)
    return status, json.loads(told) if told else {}


def is_empty(store: DirectoryStore) -> bool:
    """Whether nothing is kept, and no draft of anything is left."""
    return not list(store) and not list(store.root.rglob("*.aside"))


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether something comes to hold in time."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


@pytest.mark.parametrize(
    ("authorization", "project", "method", "expected"),
    [
        ("", "flights", "GET", 401),
        ("Bearer ", "flights", "GET", 401),
        ("Digest x", "flights", "GET", 401),
        ("Basic !", "flights", "GET", 401),
        ("", "nowhere", "GET", 401),
        ("Bearer rwt_nobody", "flights", "PUT", 401),
        ("Bearer rwt_bob", "flights", "GET", 403),
        ("Bearer rwt_bob", "flights", "HEAD", 403),
        ("Bearer rwt_bob", "flights", "PUT", 403),
        ("Bearer rwt_rita", "flights", "PUT", 403),
        ("Bearer rwt_ada", "nowhere", "GET", 404),
        ("Bearer rwt_eve", "removed", "PUT", 404),
        ("Bearer rwt_rita", "flights", "GET", 200),
        ("bearer rwt_ada", "flights", "GET", 200),
        ("Basic " + base64.b64encode(b"ada:rwt_ada").decode(), "flights", "PUT", 200),
    ],
)
def test_who_may_not_is_sent_away(server: Served, authorization: str, project: str, method: str, expected: int) -> None:
    """Nobody is 401, whoever belongs elsewhere or reads only is 403, and a project that is not there 404."""
    server.folder().put(b"rows")
    body = b"rows" if method == "PUT" else None
    status, headers, told = server.ask(method, path(ROWS, project), body, {"Authorization": authorization})

    assert status == expected
    assert ("www-authenticate" in headers) == (expected == 401)
    assert expected == 200 or method == "HEAD" or json.loads(told)["remedy"]


def test_the_key_of_one_project_is_refused_by_the_bucket_of_another(server: Served) -> None:
    """Nothing of it is read, asked about or written."""
    server.folder("weather").put(b"rows")
    asked = json.dumps([ROWS]).encode()
    answers = [
        server.ask("GET", path(ROWS, "weather")),
        server.ask("PUT", path(Address.of(b"x"), "weather"), b"x"),
        server.ask("POST", "/buckets/weather/missing", asked),
    ]

    assert [status for status, _, _ in answers] == [403] * 3
    assert list(server.folder("weather")) == [ROWS]


@pytest.mark.parametrize(
    "hostile",
    [
        "/buckets/flights/objects/..%2f..%2frecords%2fx",
        "/buckets/flights/objects/../../weather/objects/x",
        "/buckets/flights/objects/%2e%2e",
        "/buckets/flights/objects/blake3:..%2f" + HEX[:61],
        f"/buckets/flights/objects/blake3:{HEX.upper()}",
        f"/buckets/flights/objects/BLAKE3:{HEX}",
        f"/buckets/flights/objects/{HEX}",
        f"/buckets/flights/objects/blake3:{HEX[:63]}",
        f"/buckets/flights/objects/blake3:{HEX}a",
        f"/buckets/flights/objects/blake3:{HEX}%0a",
        f"/buckets/flights/objects/blake3:{HEX}%00",
        f"/buckets/flights/objects/blake3:{HEX}/",
        f"/buckets/flights/objects/aa/{HEX[2:]}",
        f"/buckets/flights/records/blake3:{HEX}",
        f"/buckets/flights/inbox/blake3:{HEX}",
        "/buckets/flights/objects/blake3:" + "%c3%a9" * 64,
        f"/buckets/%2e%2e/objects/blake3:{HEX}",
        f"/buckets/flights%2f..%2fweather/objects/blake3:{HEX}",
        f"/buckets/-x/objects/blake3:{HEX}",
        f"/buckets/{'x' * 300}/objects/blake3:{HEX}",
        "/buckets/flights/objects",
        "/buckets/flights",
        "/buckets/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_path_that_names_no_object_is_not_found(server: Served, tmp_path: Path, method: str, hostile: str) -> None:
    """Whatever it is made of, nothing but an address in lower case leads anywhere, and nothing is written."""
    status, _, told = server.ask(method, hostile, b"x" if method == "PUT" else None)

    assert (status, "problem" in json.loads(told)) == (404, True)
    assert str(tmp_path) not in told.decode()
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS"])
def test_objects_are_kept_and_read_and_nothing_else(server: Served, method: str) -> None:
    """Nobody takes an object away, or changes one."""
    server.folder().put(b"rows")

    assert server.ask(method, path(ROWS), b"x")[0] == 405
    assert server.ask("GET", "/buckets/flights/missing")[0] == 405
    assert server.folder().get(ROWS) == b"rows"


def test_sending_again_is_nothing_new(server: Served) -> None:
    """The first time it is made, the second time it is there."""
    assert [put(server, b"rows")[0], put(server, b"rows")[0]] == [201, 200]


@pytest.mark.parametrize("data", [b"", b"other", LARGE], ids=["none", "short", "long"])
def test_other_bytes_than_the_address_says_are_not_kept(server: Served, data: bytes) -> None:
    """They are refused, and nothing is left of them."""
    status, _, told = server.ask("PUT", path(ROWS), data)

    assert (status, json.loads(told)["problem"]) == (422, "What was sent is not what its address says.")
    assert is_empty(server.folder())


def test_an_object_whose_length_is_not_said_is_refused(server: Served) -> None:
    """How much room it takes must be known before any of it is taken."""
    status, _, _ = server.ask("PUT", path(ROWS), None, {"Transfer-Encoding": "chunked"})

    assert status == 411
    assert is_empty(server.folder())


def test_an_object_is_not_shown_as_a_page(server: Served) -> None:
    """A browser that is led to an object of somebody's saves it, and runs nothing of it."""
    server.folder().put(b"<script>alert(1)</script>")
    _, headers, _ = server.ask("GET", path(Address.of(b"<script>alert(1)</script>")))

    assert headers["content-disposition"] == "attachment"
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


def test_an_upload_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    """What came of it is dropped, and its room in the quota given back."""
    with served(tmp_path, Setup(quota=len(LARGE))) as server:
        line = socket.create_connection(("127.0.0.1", server.port))
        head = f"PUT {path(Address.of(LARGE))} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rwt_ada\r\n"
        line.sendall(f"{head}Content-Length: {len(LARGE)}\r\n\r\n".encode() + LARGE[: 1 << 20])
        began = eventually(lambda: any(file.stat().st_size for file in tmp_path.rglob("*.aside")))
        line.close()
        dropped = eventually(lambda: is_empty(server.folder()))
        status, _ = put(server, LARGE)

    assert (began, dropped, status) == (True, True, 201)


@pytest.mark.parametrize("trickle", [False, True], ids=["silent", "trickling"])
def test_a_client_that_sends_too_slowly_is_sent_away(tmp_path: Path, *, trickle: bool) -> None:
    """Whether nothing comes or too little: it is told so, and nothing is left."""
    with served(tmp_path, Setup(limits=IMPATIENT)) as server:
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        line.putrequest("PUT", path(Address.of(LARGE)))
        line.putheader("Authorization", "Bearer rwt_ada")
        line.putheader("Content-Length", str(len(LARGE)))
        line.endheaders(LARGE[:10])
        began = time.monotonic()
        while trickle and time.monotonic() - began < 4:
            try:
                line.send(b"x")
            except OSError:
                break
            time.sleep(0.05)
        answer = line.getresponse()
        told = answer.status, answer.getheader("connection")
        line.close()
        dropped = eventually(lambda: is_empty(server.folder()))

    assert told == (408, "close")
    assert dropped


def test_a_client_that_takes_nothing_is_left(tmp_path: Path) -> None:
    """It holds its turn no longer than the patience lasts."""
    data = os.urandom(32 << 20)
    with served(tmp_path, Setup(limits=Limits(pace=Pace(idle=2), each=1))) as server:
        address = server.folder().put(data)
        line = socket.create_connection(("127.0.0.1", server.port))
        line.sendall(f"GET {path(address)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rwt_ada\r\n\r\n".encode())
        busy = eventually(lambda: server.ask("HEAD", path(address))[0] == 429)
        free = eventually(lambda: server.ask("HEAD", path(address))[0] == 200)
        line.close()

    assert (busy, free) == (True, True)


def test_an_object_is_taken_up_where_it_broke_off(server: Served) -> None:
    """From a byte to the end; any other range is left out, and one that begins after the end refused."""
    address = server.folder().put(LARGE)
    ranges = {"bytes=700000-": 206, "bytes=0-": 200, "bytes=5-9": 200, "bytes=-5": 200, "lines=1-": 200}
    found = {asked: server.ask("GET", path(address), None, {"Range": asked}) for asked in ranges}
    status, headers, data = found["bytes=700000-"]
    after = server.ask("GET", path(address), None, {"Range": f"bytes={len(LARGE)}-"})

    assert {asked: answer[0] for asked, answer in found.items()} == ranges
    assert (status, data, headers["content-length"]) == (206, LARGE[700000:], str(len(LARGE) - 700000))
    assert headers["content-range"] == f"bytes 700000-{len(LARGE) - 1}/{len(LARGE)}"
    assert [answer[2] == LARGE for answer in found.values()] == [False, True, True, True, True]
    assert after[0] == 416


def test_a_head_says_how_large_an_object_is(server: Served) -> None:
    """Without its bytes."""
    address = server.folder().put(LARGE)
    status, headers, data = server.ask("HEAD", path(address))

    assert (status, headers["content-length"], data) == (200, str(len(LARGE)), b"")
    assert server.ask("HEAD", path(ROWS))[0] == 404


@pytest.mark.parametrize("start", [0, 1 << 20])
def test_a_damaged_object_is_not_handed_out_whole(server: Served, start: int) -> None:
    """A long one breaks off before its end, wherever it was begun; after that it is no longer kept."""
    address = server.folder().put(LARGE)
    spoil(server.folder().path(address))
    with pytest.raises(http.client.IncompleteRead) as broken:
        server.ask("GET", path(address), None, {"Range": f"bytes={start}-"})

    assert len(broken.value.partial) < len(LARGE) - start
    assert server.ask("GET", path(address))[0] == 404
    assert len(list((server.folder().root / "damaged").iterdir())) == 1


def test_a_short_damaged_object_is_not_begun(server: Served) -> None:
    """It is said to be gone, with how to mend it."""
    server.folder().put(b"rows")
    spoil(server.folder().path(ROWS))
    status, _, told = server.ask("GET", path(ROWS))

    assert (status, json.loads(told)["remedy"]) == (410, "Push it from where it is whole: `roadworthy data push`.")
    assert ROWS not in server.folder()


def test_a_link_in_the_place_of_an_object_is_not_followed(server: Served, tmp_path: Path) -> None:
    """Whoever can put one into the bucket's folder reads nothing else by it, and writes nowhere else."""
    (tmp_path / "secret").write_bytes(b"rows")
    place = server.folder().path(ROWS)
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "secret")
    other = server.folder().path(Address.of(b"other"))
    other.parent.symlink_to(tmp_path)

    assert [server.ask(method, path(ROWS))[0] for method in ("HEAD", "GET")] == [404, 410]
    assert put(server, b"other")[0] == 507
    assert not (tmp_path / other.name).exists()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", 400),
        (b"{}", 400),
        (b'"blake3"', 400),
        (b'["blake3:x"]', 400),
        (b"[1]", 400),
        (b"[" * 100_000, 400),
        (b"\xff", 400),
        (json.dumps([f"blake3:{number:064x}" for number in range(10_001)]).encode(), 413),
        (b" " * 900_000, 413),
    ],
    ids=["nothing", "a map", "a text", "no address", "a number", "deep", "no text", "too many", "too long"],
)
def test_a_list_that_is_none_is_refused(server: Served, body: bytes, expected: int) -> None:
    """What is asked about is a list of at most 10,000 addresses."""
    assert server.ask("POST", "/buckets/flights/missing", body)[0] == expected


def test_a_reader_may_ask_what_is_missing(server: Served) -> None:
    """In one request, for many."""
    server.folder().put(b"rows")
    asked = [f"blake3:{number:064x}" for number in range(9_999)]
    body = json.dumps([ROWS, *asked]).encode()
    status, _, told = server.ask("POST", "/buckets/flights/missing", body, {"Authorization": "Bearer rwt_rita"})

    assert (status, json.loads(told)) == (200, asked)


def test_one_actor_does_not_take_all_turns(tmp_path: Path) -> None:
    """Beyond their share they are asked to come again, which our own client does."""
    with served(tmp_path, Setup(limits=Limits(each=1))) as server, ThreadPoolExecutor(8) as pool:
        found = set(pool.map(server.store().put, [bytes([number]) * (1 << 20) for number in range(3)]))

    assert found == set(server.folder())


def test_what_does_not_fit_into_the_quota_is_refused(tmp_path: Path) -> None:
    """It says how much is used and allowed; what is kept already, and what fits exactly, is not refused."""
    with served(tmp_path, Setup(quota=100)) as server:
        first = put(server, b"a" * 60)
        refused, told = put(server, b"b" * 41)
        again, fits = put(server, b"a" * 60), put(server, b"c" * 40)
        large = put(server, LARGE)

    assert (first[0], refused, again[0], fits[0], large[0]) == (201, 507, 200, 201, 507)
    assert (told["used"], told["allowed"]) == (60, 100)
    assert "quota of flights" in str(told["problem"])
    assert len(list(server.folder())) == 2


def test_the_quota_holds_against_many_at_once(tmp_path: Path) -> None:
    """Of twenty objects at the same moment, exactly as many are kept as there is room for."""
    with served(tmp_path, Setup(quota=7 << 20)) as server, ThreadPoolExecutor(20) as pool:
        statuses = [status for status, _ in pool.map(lambda n: put(server, bytes([n]) * (1 << 20)), range(20))]

    assert sorted(statuses) == [201] * 7 + [507] * 13
    assert len(list(server.folder())) == 7


def test_one_object_that_many_send_at_once_takes_its_room_once(tmp_path: Path) -> None:
    """Nobody is refused for what another is sending."""
    with served(tmp_path, Setup(quota=len(LARGE))) as server, ThreadPoolExecutor(8) as pool:
        statuses = [status for status, _ in pool.map(lambda data: put(server, data), [LARGE] * 8)]

    assert set(statuses) <= {200, 201}
    assert list(server.folder()) == [Address.of(LARGE)]


def test_what_was_refused_takes_no_room(tmp_path: Path) -> None:
    """Wrong bytes are not counted."""
    with served(tmp_path, Setup(quota=100)) as server:
        for _ in range(3):
            server.ask("PUT", path(ROWS), b"x" * 90)
        status, _ = put(server, b"y" * 90)

    assert status == 201
