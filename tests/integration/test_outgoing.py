"""The client for what the server sends, against receivers that answer, refuse, hang, flood and send elsewhere."""

from __future__ import annotations

import datetime as dt
import json
import ssl
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from receiver import Handler, Receiver, closed_port, receiving
from roadworthy.adapters.outgoing.http.allowed import Allowed
from roadworthy.adapters.outgoing.http.client import Client
from roadworthy.errors import NotAllowed, RoadworthyError, Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOPBACK = Allowed.of(["127.0.0.1"])
HERE = ["127.0.0.1", "2130706433", "0177.0.0.1", "0x7f.1", "0x7f000001", "127.1", "localhost", "localhost.", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0", "[::]", "169.254.169.254", "[64:ff9b::7f00:1]"]  # fmt: skip


@pytest.fixture
def there() -> Iterator[Receiver]:
    """Give somebody who receives."""
    with receiving() as found:
        yield found


# In a process of its own: here a guard of the tests keeps every name but that of loopback from being resolved.
ASK = """
import json, sys
from roadworthy.adapters.outgoing.http.allowed import Allowed
from roadworthy.adapters.outgoing.http.client import Client
from roadworthy.errors import RoadworthyError
seen = []
sys.addaudithook(lambda event, given: seen.append([event, str(given[-1 if "connect" in event else 0])])
                 if event in ("socket.getaddrinfo", "socket.connect") else None)
told = {}
for url in sys.argv[2:]:
    try:
        Client(Allowed.of(sys.argv[1].split()))(url, b"{}", {})
        told[url] = "sent"
    except RoadworthyError as fault:
        told[url] = [type(fault).__name__, fault.problem]
print(json.dumps([told, seen]))
"""


def asked(allowed: str, *urls: str) -> tuple[dict[str, Any], list[list[str]]]:
    """Return what comes of sending to each of *urls*, and what was resolved and connected to meanwhile."""
    said = subprocess.run([sys.executable, "-c", ASK, allowed, *urls], capture_output=True, check=True, timeout=120)
    told, seen = json.loads(said.stdout)
    return told, seen


def test_our_own_machine_is_refused_however_it_is_written(there: Receiver) -> None:
    """Decimal, octal, hexadecimal, short, mapped, translated, by name: nothing is sent, and nothing is connected to."""
    told, seen = asked("", *(f"https://{host}:{there.port}/x" for host in HERE))

    assert len(told) == len(HERE)
    for url, (kind, problem) in told.items():
        assert (kind, "no public address" in problem) == ("NotAllowed", True), url
    assert [event for event, _ in seen if event == "socket.connect"] == []
    assert there.got == []


def test_a_name_is_resolved_once_and_what_was_judged_is_connected_to(there: Receiver) -> None:
    """Whoever answers for the name otherwise a moment later sends us nowhere."""
    told, seen = asked("localhost", there.url.replace("127.0.0.1", "localhost"))

    assert list(told.values()) == ["sent"]
    assert [event for event, _ in seen].count("socket.getaddrinfo") == 1
    connected = [place for event, place in seen if event == "socket.connect"]
    assert connected
    assert all("127.0.0.1" in place or "::1" in place for place in connected)


def test_a_public_host_is_not_told_in_the_clear() -> None:
    """Without TLS, whoever is on the way could read it."""
    told, seen = asked("", "http://8.8.8.8/x")

    assert told["http://8.8.8.8/x"] == ["UsageError", "8.8.8.8 would be told in the clear."]
    assert [event for event, _ in seen if event == "socket.connect"] == []


def test_what_an_administrator_allowed_is_told(there: Receiver) -> None:
    """The body and the headers arrive, at the path and with the query."""
    Client(LOOPBACK)(f"{there.url}?a=b", b"{}", {"webhook-id": "msg_1"})

    ((path, headers, body),) = there.got
    assert (path, body, headers["webhook-id"]) == ("/hook/canary-91b7?a=b", b"{}", "msg_1")
    assert headers["host"] == f"127.0.0.1:{there.port}"


@pytest.mark.parametrize(("status", "kind"), [
    (500, Unreachable), (503, Unreachable), (429, Unreachable), (404, NotAllowed), (410, NotAllowed), (302, UsageError),
    (307, UsageError),
])  # fmt: skip
def test_what_is_answered_says_whether_to_try_again(status: int, kind: type[RoadworthyError], there: Receiver) -> None:
    """A receiver that is broken or busy is tried again; one that says no, or sends us elsewhere, is not."""
    there.status = status

    with pytest.raises(kind) as told:
        Client(LOOPBACK)(there.url, b"{}", {})
    assert str(status) in told.value.problem
    assert "canary" not in str(told.value)


def test_nobody_is_followed(there: Receiver) -> None:
    """Who answers with another place, inside or outside, does not make us ask there."""
    with receiving() as inner:

        def elsewhere(handler: Handler) -> None:
            handler.send_response(307)
            handler.send_header("location", inner.url)
            handler.end_headers()

        there.instead = elsewhere
        with pytest.raises(UsageError, match="elsewhere"):
            Client(LOOPBACK)(there.url, b"{}", {})

        assert inner.got == []


def _hang(handler: Handler) -> None:
    del handler
    time.sleep(3)


def _drip(handler: Handler) -> None:
    for _ in range(60):
        handler.wfile.write(b"H")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize("way", [_hang, _drip])
def test_who_takes_long_is_left(way: object, there: Receiver) -> None:
    """Also one that says a little now and then, which no limit on a single reading would end."""
    there.instead = way  # type: ignore[assignment]
    began = time.monotonic()

    with pytest.raises(Unreachable, match=r"within 0\.5 s"):
        Client(LOOPBACK, seconds=0.5)(there.url, b"{}", {})
    assert time.monotonic() - began < 2


def test_a_gigabyte_is_not_read(there: Receiver) -> None:
    """The status counts; of the rest a little is read."""
    sent = [0]

    def flood(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", str(1 << 30))
        handler.end_headers()
        piece = bytes(1 << 20)
        for _ in range(1 << 10):
            handler.wfile.write(piece)
            sent[0] += len(piece)

    there.instead = flood
    Client(LOOPBACK)(there.url, b"{}", {})

    assert sent[0] < 64 << 20


def test_nobody_there_is_told_so() -> None:
    """A port that is closed is tried again later."""
    with pytest.raises(Unreachable, match="is not reached: Connection refused"):
        Client(LOOPBACK)(f"http://127.0.0.1:{closed_port()}/", b"", {})


@pytest.mark.parametrize(("name", "is_believed"), [("localhost", True), ("hooks.example.org", False)])
def test_a_certificate_must_be_of_the_host(name: str, *, is_believed: bool, tmp_path: Path) -> None:
    """One that is believed, and of another host, is not enough."""
    trust, served = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = certificate(tmp_path / "pem", name)
    served.load_cert_chain(pem)
    trust.load_verify_locations(pem)
    with receiving(trust=served) as there:
        url = f"https://localhost:{there.port}/x"
        client = Client(Allowed.of(["127.0.0.1"]), trust)

        if is_believed:
            client(url, b"{}", {})
            assert len(there.got) == 1
            with pytest.raises(Unreachable, match="certificate is not believed"):
                Client(LOOPBACK)(url, b"{}", {})
        else:
            with pytest.raises(Unreachable, match="certificate is not believed"):
                client(url, b"{}", {})
            assert there.got == []


def certificate(path: Path, name: str) -> Path:
    """Write a certificate of *name* that it signed itself, with its key, and return where."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    at = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(days=1))
        .not_valid_after(at + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
