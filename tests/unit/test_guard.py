"""The guard on the tests' own process really guards."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from conftest import GUARD
from guard import GuardError


def test_the_home_may_not_be_read() -> None:
    """Opening a file below the user's home is an error, whatever the test does about exceptions."""
    with pytest.raises(GuardError, match="home"):
        (GUARD.home / "a-file-of-the-user").open()


def test_an_address_outside_may_not_be_reached() -> None:
    """Connecting anywhere but to this machine is an error before a packet leaves."""
    with socket.socket() as outside, pytest.raises(GuardError, match="not loopback"):
        outside.connect(("192.0.2.1", 80))


def test_a_name_may_not_be_reached() -> None:
    """A host name counts as outside: it would be looked up."""
    with pytest.raises(GuardError, match="not loopback"):
        socket.create_connection(("example.com", 80))


def test_this_machine_may_be_reached() -> None:
    """A server on loopback is what integration tests are made of."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        peer, asked = client.getpeername(), server.getsockname()

    assert peer == asked


def test_the_repository_and_a_temporary_folder_may_be_read(tmp_path: Path) -> None:
    """Neither the project's own files nor a test's folder are the user's home."""
    (tmp_path / "file").write_text("rows")

    assert (tmp_path / "file").read_text() == "rows"
    assert Path(__file__).read_text().startswith('"""')
