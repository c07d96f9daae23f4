"""A bucket used over a network that fails: what is tried again, taken up, told, and not trusted."""

from __future__ import annotations

import os
import socket
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bucket_world import QUICK, Setup, buckets, listening, served
from roadworthy.adapters.object_store.http.line import Patience
from roadworthy.adapters.object_store.http.store import HttpStore
from roadworthy.errors import IntegrityError, NotAllowed, NotFound, RoadworthyError, StorageError, Unreachable
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.objects.push import push

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGE = os.urandom(8 << 20)


@dataclass
class Trouble:
    """Stands before the buckets: answers some requests itself, breaks some answers off, and notes what was asked."""

    busy: int = 0  # requests that are answered with *status*
    status: int = 503
    breaks: int = 0  # answers that break off
    after: int = 1 << 20  # bytes, before they do
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    knows_ranges: bool = True
    asked: list[tuple[str, bytes]] = field(default_factory=list)  # method, range

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return *app* with this trouble."""

        async def troubled(scope: Scope, receive: Receive, send: Send) -> None:
            self.asked.append((scope["method"], dict(scope["headers"]).get(b"range", b"")))
            if self.busy:
                self.busy -= 1
                await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
                await send({"type": "http.response.body", "body": self.body})
                return
            if not self.knows_ranges:
                scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"range"]
            await app(scope, receive, self._breaking(send) if scope["method"] == "GET" and self.breaks else send)

        return troubled

    def _breaking(self, send: Send) -> Send:
        self.breaks -= 1
        left = self.after

        async def breaking(message: Message) -> None:
            nonlocal left
            body = message.get("body", b"")
            if len(body) > left:
                await send({**message, "body": body[:left], "more_body": True})
                raise ConnectionError("It was broken off on purpose.")
            left -= len(body)
            await send(message)

        return breaking


def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    """A few answers that say so are no error."""
    trouble = Trouble(busy=2, headers=((b"retry-after", b"0"),))
    with served(tmp_path, Setup(around=trouble.around)) as server:
        address = server.store().put(LARGE)
        trouble.busy = 2
        found = server.store().get(address)

    assert found == LARGE
    assert [method for method, _ in trouble.asked] == ["PUT"] * 3 + ["GET"] * 3


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_stays_busy_is_unreachable(tmp_path: Path, status: int) -> None:
    """After so many attempts it is told, and no more are made."""
    trouble = Trouble(busy=100, status=status)
    with served(tmp_path, Setup(around=trouble.around)) as server, pytest.raises(Unreachable, match=str(status)):
        server.store().put(b"rows")

    assert len(trouble.asked) == QUICK.attempts


def test_a_download_is_taken_up_where_it_broke(tmp_path: Path) -> None:
    """However often it breaks, if it moves on in between: no byte is fetched twice."""
    trouble = Trouble(breaks=5)
    with served(tmp_path, Setup(around=trouble.around)) as server:
        address = server.folder().put(LARGE)
        server.store().copy_to(address, tmp_path / "copy")

    starts = [int(asked.removeprefix(b"bytes=").removesuffix(b"-") or 0) for _, asked in trouble.asked]

    assert (tmp_path / "copy").read_bytes() == LARGE
    assert starts == [number << 20 for number in range(6)]


def test_a_download_is_taken_up_where_ranges_are_not_known(tmp_path: Path) -> None:
    """What was read before is passed over."""
    trouble = Trouble(breaks=2, knows_ranges=False, after=3 << 20)
    with served(tmp_path, Setup(around=trouble.around)) as server:
        address = server.folder().put(LARGE)
        trouble.breaks = 1
        found = server.store().get(address)

    assert found == LARGE
    assert len(trouble.asked) == 2


def test_a_download_that_never_moves_on_is_given_up(tmp_path: Path) -> None:
    """It is told how far it came, and nothing is left."""
    trouble = Trouble(breaks=100, after=0)
    with served(tmp_path, Setup(around=trouble.around)) as server:
        address = server.folder().put(LARGE)
        with pytest.raises(Unreachable, match="breaks off after 0 bytes"):
            server.store().copy_to(address, tmp_path / "copy")

    assert not (tmp_path / "copy").exists()
    assert list(tmp_path.glob("*.aside")) == []


def test_an_object_that_proves_damaged_while_it_is_read_is_told_so(tmp_path: Path) -> None:
    """The platform withholds its end, and then no longer has it: that is damage, not a bad line."""
    with served(tmp_path) as server:
        address = server.folder().put(LARGE)
        path = server.folder().path(address)
        path.chmod(0o644)
        path.write_bytes(LARGE[:-1] + bytes([LARGE[-1] ^ 1]))
        with pytest.raises(IntegrityError, match="holds other bytes") as damaged:
            server.store().get(address)

    assert "roadworthy data push" in damaged.value.remedy


def test_nobody_there_is_unreachable() -> None:
    """A port that nobody listens on, and a name that there is not, after a few attempts."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    store = HttpStore(f"http://127.0.0.1:{port}/buckets/flights", "rwt_ada", QUICK)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="does not answer") as fault:
        store.put(b"rows")

    assert time.monotonic() - began < 5
    assert "network" in fault.value.remedy


def test_a_server_that_says_nothing_is_unreachable() -> None:
    """It is waited for, and not for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/buckets/flights"
        store = HttpStore(url, "rwt_ada", Patience(attempts=2, first=0.01, silence=0.2))

        with pytest.raises(Unreachable, match="timed out"):
            store.missing([Address.of(b"rows")])


@pytest.mark.parametrize(
    ("token", "project", "error"),
    [("rwt_nobody", "flights", NotAllowed), ("rwt_bob", "flights", NotAllowed), ("rwt_ada", "nowhere", NotFound)],
)
def test_who_may_not_is_told_what_to_do(tmp_path: Path, token: str, project: str, error: type[RoadworthyError]) -> None:
    """Every operation says it, at once and in the server's words."""
    with served(tmp_path) as server:
        store = server.store(token, project)
        operations: list[Callable[[], object]] = [
            lambda: store.put(LARGE),
            lambda: store.get(Address.of(LARGE)),
            lambda: store.missing([Address.of(LARGE)]),
        ]
        faults = []
        for operation in operations:
            with pytest.raises(error) as caught:
                operation()
            faults.append(caught.value)

    assert all(fault.remedy and token not in str(fault) for fault in faults)


def test_a_reader_is_told_that_they_may_not_push(tmp_path: Path) -> None:
    """What they may do still works."""
    with served(tmp_path) as server:
        address = server.folder().put(b"rows")
        store = server.store("rwt_rita")
        found = store.get(address)
        with pytest.raises(NotAllowed, match="refuses"):
            store.put(LARGE)

    assert found == b"rows"


def test_a_full_quota_is_told_without_sending_everything(tmp_path: Path) -> None:
    """The platform hangs up on what it does not want, and its words are heard all the same."""
    sent = 0

    def around(app: ASGIApp) -> ASGIApp:
        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            async def counted() -> Message:
                nonlocal sent
                message = await receive()
                sent += len(message.get("body", b"")) if scope["method"] == "PUT" else 0
                return message

            await app(scope, counted, send)

        return counting

    here = DirectoryStore(tmp_path / "here")
    item = Item(here.put(os.urandom(64 << 20)), 64 << 20)
    with (
        served(tmp_path / "there", Setup(quota=1 << 20, around=around)) as server,
        pytest.raises(StorageError, match="0 of 1,048,576 bytes are used"),
    ):
        push(item, here, server.store())

    assert sent == 0


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """A token is shown to no other server."""
    elsewhere = Trouble()
    with served(tmp_path / "other", Setup(around=elsewhere.around)) as other:
        location = f"{other.url}/buckets/flights/missing".encode()
        trouble = Trouble(busy=1, status=307, headers=((b"location", location),))
        with served(tmp_path, Setup(around=trouble.around)) as server, pytest.raises(Unreachable, match="status 307"):
            server.store().missing([Address.of(b"rows")])

    assert elsewhere.asked == []


def test_a_server_that_is_none_of_ours_is_told(tmp_path: Path) -> None:
    """Another answer than a bucket's is no list of what is missing."""
    trouble = Trouble(busy=1, status=200, body=b"<html>Welcome</html>")
    with served(tmp_path, Setup(around=trouble.around)) as server, pytest.raises(Unreachable, match="status 200"):
        server.store().missing([Address.of(b"rows")])

    assert len(trouble.asked) == 1


def test_bytes_that_a_server_makes_up_are_refused(tmp_path: Path) -> None:
    """Whoever stands between, or a platform that lies, is caught on this side."""
    trouble = Trouble(busy=1, status=200, body=b"other")
    with served(tmp_path, Setup(around=trouble.around)) as server, pytest.raises(IntegrityError, match="other bytes"):
        server.store().get(Address.of(b"rows"))

    assert len(trouble.asked) == 1


def test_what_a_server_says_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """Its words are shown as one line, without anything that is not seen."""
    told = b'{"problem": "\\u001b[2Jgone\\nSecond", "remedy": "' + b"x" * 10_000 + b'"}'
    trouble = Trouble(busy=1, status=403, body=told)
    with served(tmp_path, Setup(around=trouble.around)) as server, pytest.raises(NotAllowed) as fault:
        server.store().missing([Address.of(b"rows")])

    assert str(fault.value).isprintable()
    assert len(str(fault.value)) < 1000


def test_a_token_is_not_shown(tmp_path: Path) -> None:
    """Not in what a store is called, wherever that is printed."""
    with served(tmp_path) as server:
        store = server.store()

    assert "rwt_ada" not in repr(store) + repr(vars(store))


def test_a_file_that_shrinks_while_it_is_sent_is_an_error(tmp_path: Path) -> None:
    """It is not filled up with anything, and the server keeps nothing."""

    def shrinking(app: ASGIApp) -> ASGIApp:
        async def troubled(scope: Scope, receive: Receive, send: Send) -> None:
            os.truncate(tmp_path / "file", 1000)
            await app(scope, receive, send)

        return troubled

    data = os.urandom(32 << 20)
    (tmp_path / "file").write_bytes(data)
    with served(tmp_path / "there", Setup(around=shrinking)) as server:
        with pytest.raises(IntegrityError, match=r"file changes while it is read"):
            server.store().put_file(tmp_path / "file", Address.of(data))
        found = list(server.folder())

    assert found == []


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return a certificate of 127.0.0.1 that it vouches for itself, and what a server speaks TLS with."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return folder / "certificate.pem", context


def test_over_tls_a_stranger_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that nobody vouches for is refused at once; one that the user trusts is good."""
    path, context = certificate(tmp_path)
    trouble = Trouble()
    app = buckets(tmp_path / "buckets", Setup(around=trouble.around))
    with listening(app, context) as port:
        url = f"https://127.0.0.1:{port}/buckets/flights"
        with pytest.raises(Unreachable, match="certificate that is not trusted") as refused:
            HttpStore(url, "rwt_ada", QUICK).put(LARGE)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        store = HttpStore(url, "rwt_ada", QUICK)
        found = store.get(store.put(LARGE))
        with pytest.raises(NotAllowed):
            HttpStore(url, "rwt_rita", QUICK).put(os.urandom(32 << 20))

    assert "SSL_CERT_FILE" in refused.value.remedy
    assert found == LARGE
