"""Buckets whose server is killed, whose disk is full, and whose objects are larger than memory should be."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from bucket_world import Killable
from roadworthy.errors import StorageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import DirectoryStore

if TYPE_CHECKING:
    from pathlib import Path

LARGE = os.urandom(8 << 20)
GIGABYTE = 1 << 30
BEARABLE = 64 << 20  # bytes more than a server that did nothing yet


def half_sent(port: int) -> socket.socket:
    """Send half of an object, and no more."""
    line = socket.create_connection(("127.0.0.1", port))
    path = f"/buckets/flights/objects/{Address.of(LARGE)}"
    head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rwt_ada\r\nContent-Length: {len(LARGE)}\r\n\r\n"
    line.sendall(head.encode() + LARGE[: len(LARGE) // 2])
    return line


def wait_for_draft(root: Path) -> Path:
    """Return the draft of an object, when some of it is written."""
    for _ in range(500):
        for draft in root.rglob("*.aside"):
            if draft.stat().st_size >= 1 << 20:
                return draft
        time.sleep(0.02)
    raise AssertionError(list(root.rglob("*")))


def test_a_server_that_is_killed_keeps_nothing_half(tmp_path: Path) -> None:
    """Amid an upload: after a restart there is nothing at the address, the upload works, and the draft is swept."""
    with Killable(tmp_path, quota=len(LARGE)) as server:
        line = half_sent(server.served.port)
        draft = wait_for_draft(tmp_path)
        server.kill()
        line.close()
        after = list(server.served.folder())
        os.utime(draft, (0, 0))  # as if it had lain there for a while
        server.start()
        store = server.served.store()
        address = store.put(LARGE)
        found = store.get(address)

    assert (after, found) == ([], LARGE)
    assert not draft.exists()


def test_an_upload_is_taken_up_by_the_next_server(tmp_path: Path) -> None:
    """Our client sends again what a server did not acknowledge, over a new line."""
    with Killable(tmp_path) as server:
        store = server.served.store()
        first = store.put(b"one")
        server.kill()
        server.start()
        second = store.put(LARGE)
        server.kill()
        server.start()

        assert store.missing([first, second]) == frozenset()
        assert store.get(second) == LARGE


def test_a_full_disk_keeps_nothing_half(tmp_path: Path) -> None:
    """The server says so and goes on; what fits is kept."""
    (tmp_path / "flights").mkdir()
    unshare = ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        if os.environ.get("CI"):
            pytest.fail("CI needs mount namespaces to make a small disk")
        pytest.skip("this machine has no mount namespaces to make a small disk with")
    script = 'mount -t tmpfs -o size=4m none "$1"; shift; exec "$@"'
    with Killable(tmp_path, *unshare, "sh", "-c", script, "sh", str(tmp_path / "flights")) as server:
        store = server.served.store()
        with pytest.raises(StorageError, match="disk is full") as full:
            store.put(LARGE)
        fits = store.put(LARGE[: 3 << 20])
        missing = store.missing([Address.of(LARGE), fits])
        found = store.get(fits)
        drafts = list(server.inside(tmp_path / "flights").rglob("*.aside"))

    assert "administrator" in full.value.remedy
    assert missing == {Address.of(LARGE)}
    assert (found, drafts) == (LARGE[: 3 << 20], [])


@pytest.mark.slow
def test_a_large_object_takes_little_memory(tmp_path: Path) -> None:
    """A gigabyte goes in and out in pieces, on both sides."""
    piece, path = os.urandom(1 << 20), tmp_path / "large"
    with path.open("wb") as file:
        for number in range(GIGABYTE >> 20):
            file.write(piece[number:] + piece[:number])
    address = Address.of_file(path)
    with Killable(tmp_path / "buckets") as server:
        server.served.store().put(b"warm")
        before = server.peak()
        server.served.store().put_file(path, address)
        with server.served.store().open(address) as stream:
            DirectoryStore(tmp_path / "here").put_from(stream, address)
        more = server.peak() - before

    assert more < BEARABLE
    assert (tmp_path / "here" / address.digest[:2] / address.digest[2:]).stat().st_size == GIGABYTE
