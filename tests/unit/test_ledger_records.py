"""Records: signed, believed only from a trusted key, the same bytes for the same fact."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.errors import IntegrityError, NotAllowed, NotFound
from roadworthy.ledger import ledger
from roadworthy.ledger.index.records import RecordIndex
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.records.canonical import canonical
from roadworthy.ledger.records.envelope import parse, statement
from roadworthy.ledger.records.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger

SUBJECT = Address.of(b"what it is about")
RECORD = Record(
    "run", {"seconds": 1.5, "stages": ["prepare"]}, "Ada <ada@example.com>", "2026-01-31T12:00:00Z", {"out": SUBJECT}
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=10,
)
BODIES = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON, max_size=4)


@pytest.fixture
def kept(tmp_path: Path) -> Ledger:
    """Return an empty ledger."""
    return ledger.open(tmp_path / ".roadworthy")


def forget(kept: Ledger) -> Ledger:
    """Return the ledger as another command finds it, with its index deleted."""
    kept.close()
    (kept.state / "index.db").unlink(missing_ok=True)
    return ledger.open(kept.state)


def place(kept: Ledger, data: bytes) -> Address:
    """Put *data* where the record of that address belongs, as somebody with access to the folder can."""
    address = Address.of(data)
    path = kept.records.path(address)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return address


def signed_by(private: Ed25519PrivateKey, key_id: str, stated: dict[str, Any]) -> bytes:
    """Return a well-formed envelope of *stated*, signed with any key, under the name of any key."""
    payload = json.dumps(stated).encode()
    kind = "application/vnd.in-toto+json"
    signature = private.sign(f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload)
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"keyid": key_id, "sig": base64.b64encode(signature).decode()}],
    }
    return json.dumps(envelope).encode()


def taken_apart(kept: Ledger, address: Address) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the envelope and the statement of a record."""
    envelope = json.loads(kept.records.path(address).read_bytes())
    return envelope, json.loads(base64.b64decode(envelope["payload"]))


@settings(deadline=None)
@given(body=BODIES)
def test_any_fact_comes_back(body: dict[str, Any]) -> None:
    """Whatever JSON is stated is read back, equal: numbers as doubles, texts in any script."""
    record = replace(RECORD, body=body)
    written = canonical(statement(record))

    assert parse(written, "it") == record
    assert canonical(statement(parse(written, "it"))) == written


def test_the_same_fact_has_one_address(kept: Ledger) -> None:
    """A record that is written twice is kept once, and another command reads it."""
    address, again = kept.records.write(RECORD), kept.records.write(RECORD)

    assert again == address
    assert forget(kept).records.read(address) == RECORD


def test_a_record_is_an_in_toto_statement_that_anybody_can_verify(kept: Ledger) -> None:
    """The envelope is DSSE, the payload a Statement v1, the signature Ed25519 over its pre-authentication encoding."""
    envelope, stated = taken_apart(kept, kept.records.write(RECORD))
    public = base64.b64decode((kept.state / "key.pub").read_text().split()[1])
    payload = base64.b64decode(envelope["payload"])
    Ed25519PublicKey.from_public_bytes(public).verify(
        base64.b64decode(envelope["signatures"][0]["sig"]),
        b"DSSEv1 28 application/vnd.in-toto+json " + str(len(payload)).encode() + b" " + payload,
    )

    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert stated["_type"] == "https://in-toto.io/Statement/v1"
    assert stated["predicateType"] == "urn:roadworthy:run:v1alpha1"
    assert stated["subject"] == [{"name": "out", "digest": {"blake3": SUBJECT.digest}}]
    assert stated["predicate"]["body"] == RECORD.body


def test_the_private_key_is_its_owners_alone(kept: Ledger) -> None:
    """Nobody else on the machine can read the key; git ignores it."""
    kept.records.write(RECORD)

    assert (kept.state / "key").stat().st_mode & 0o077 == 0
    assert (kept.state / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("under", ["its own name", "our name"])
def test_a_record_signed_with_another_key_is_refused(kept: Ledger, under: str) -> None:
    """A forged record is not believed, whether it names the forger's key or ours, with the index or without."""
    envelope, stated = taken_apart(kept, kept.records.write(RECORD))
    key_id = envelope["signatures"][0]["keyid"] if under == "our name" else "ed25519:" + "0" * 32
    address = place(kept, signed_by(Ed25519PrivateKey.generate(), key_id, stated))

    with pytest.raises(IntegrityError, match=r"not trusted|not signed by"):
        kept.records.read(address)
    again = forget(kept)
    with pytest.raises(IntegrityError, match=r"not trusted|not signed by"):
        again.records.read(address)
    assert [one for one, _ in again.records.all("run")] != []
    assert address not in [one for one, _ in again.records.all("run")]
    assert [one for one, _ in again.records.faults()] == [address]


def test_a_changed_payload_is_refused(kept: Ledger) -> None:
    """A record whose content was changed under its old signature is not believed."""
    envelope, stated = taken_apart(kept, kept.records.write(RECORD))
    stated["predicate"]["body"]["seconds"] = 0
    envelope["payload"] = base64.b64encode(json.dumps(stated).encode()).decode()
    address = place(kept, json.dumps(envelope).encode())

    with pytest.raises(IntegrityError, match="not signed by"):
        kept.records.read(address)


def test_a_damaged_record_is_refused(kept: Ledger) -> None:
    """Other bytes under a record's name are noticed before anything in them is looked at."""
    address = kept.records.write(RECORD)
    kept.records.path(address).chmod(0o644)
    kept.records.path(address).write_bytes(b"{}")

    with pytest.raises(IntegrityError, match="holds other bytes"):
        kept.records.read(address)
    assert list(kept.records.all("run")) == []


def test_a_laptop_cannot_speak_for_the_platform(kept: Ledger) -> None:
    """A local key neither states a record with the platform's authority, nor is believed when it does."""
    envelope, stated = taken_apart(kept, kept.records.write(RECORD))
    stated["predicate"]["authority"] = "platform"
    private = load_pem_private_key((kept.state / "key").read_bytes(), None)
    assert isinstance(private, Ed25519PrivateKey)
    address = place(kept, signed_by(private, envelope["signatures"][0]["keyid"], stated))

    with pytest.raises(NotAllowed):
        kept.records.write(replace(RECORD, authority="platform"))
    with pytest.raises(IntegrityError, match="authority"):
        kept.records.read(address)


def test_records_of_a_key_that_was_replaced_are_not_believed(kept: Ledger) -> None:
    """With another key in its place, what the old one signed is refused, although the index saw it verified."""
    address = kept.records.write(RECORD)
    kept.close()
    for name in ("key", "key.pub"):
        (kept.state / name).unlink()
    again = ledger.open(kept.state)

    with pytest.raises(IntegrityError, match="not trusted"):
        again.records.read(address)
    newer = again.records.write(RECORD)
    with pytest.raises(IntegrityError, match="not trusted"):
        again.records.read(address)
    assert again.records.read(newer) == RECORD


def test_the_public_half_is_made_again_from_the_private_one(kept: Ledger) -> None:
    """Losing the public key's file loses nothing."""
    address = kept.records.write(RECORD)
    (kept.state / "key.pub").unlink()

    assert forget(kept).records.read(address) == RECORD


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b"[]",
        lambda _: b"\xff\xfe",
        lambda envelope: json.dumps({**envelope, "payloadType": "text/plain"}).encode(),
        lambda envelope: json.dumps({**envelope, "signatures": []}).encode(),
        lambda envelope: json.dumps({**envelope, "signatures": envelope["signatures"] * 2}).encode(),
        lambda envelope: json.dumps({**envelope, "payload": "not base64!"}).encode(),
        lambda _: b"[" * 100_000,
    ],
)
def test_bytes_that_are_no_envelope_are_refused(kept: Ledger, spoil: Callable[[dict[str, Any]], bytes]) -> None:
    """Whatever lies in the folder is answered with an error that names it."""
    envelope, _ = taken_apart(kept, kept.records.write(RECORD))
    address = place(kept, spoil(envelope))

    with pytest.raises(IntegrityError, match="is not a signed envelope"):
        kept.records.read(address)


@pytest.mark.parametrize(
    "change",
    [
        {"_type": "other"},
        {"predicateType": "https://example.com/other"},
        {"predicate": {}},
        {"predicate": []},
        {"subject": [{"name": "x", "digest": {"sha256": "0"}}]},
        {"predicate": {"actor": "a", "at": "now", "authority": "root", "body": {}}},
        {"predicate": {"actor": "a", "at": "now", "authority": "local", "body": []}},
    ],
)
def test_a_signed_statement_of_another_kind_is_refused(kept: Ledger, change: dict[str, Any]) -> None:
    """Our own signature under something that is no record of ours does not make it one."""
    envelope, stated = taken_apart(kept, kept.records.write(RECORD))
    private = load_pem_private_key((kept.state / "key").read_bytes(), None)
    assert isinstance(private, Ed25519PrivateKey)
    address = place(kept, signed_by(private, envelope["signatures"][0]["keyid"], {**stated, **change}))

    with pytest.raises(IntegrityError, match="not a record"):
        kept.records.read(address)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**60, object(), {1: 2}, b"bytes"])
def test_what_is_no_json_is_not_stated(kept: Ledger, value: object) -> None:
    """A body that JSON cannot hold exactly is refused when it is written, not found out when it is read."""
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the JSON library's
        kept.records.write(replace(RECORD, body={"value": value}))
    assert list(kept.records.all("run")) == []


def test_records_come_oldest_first_and_by_kind(kept: Ledger) -> None:
    """All records of a kind are listed in the order of their times, also after the index was deleted."""
    times = ["2026-03-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]
    for at in times:
        kept.records.write(replace(RECORD, at=at))
    kept.records.write(replace(RECORD, kind="proof"))
    again = forget(kept)

    assert [record.at for _, record in again.records.all("run")] == sorted(times)
    assert [record.kind for _, record in again.records.all("proof")] == ["proof"]
    assert list(again.records.all("other")) == []


def test_a_record_that_is_not_here_is_not_found(kept: Ledger) -> None:
    """Asking for an unknown record makes neither a key nor a guess."""
    with pytest.raises(NotFound):
        kept.records.read(SUBJECT)
    assert not (kept.state / "key").exists()


def test_a_link_in_the_place_of_a_record_is_not_followed(kept: Ledger, tmp_path: Path) -> None:
    """A true record behind a symlink is refused all the same."""
    address = kept.records.write(RECORD)
    path = kept.records.path(address)
    path.rename(tmp_path / "moved.json")
    path.symlink_to(tmp_path / "moved.json")

    with pytest.raises(IntegrityError, match="not a plain file"):
        kept.records.read(address)


def test_a_fact_is_stated_by_the_user_that_git_knows(kept: Ledger) -> None:
    """What is kept in passing bears the actor and the time."""
    record = kept.records.read(kept.keep("run", {"x": 1}, {"out": SUBJECT}))

    assert (record.actor, record.authority, record.body) == ("Ada <ada@example.com>", "local", {"x": 1})
    assert record.subject == {"out": SUBJECT}


def test_the_index_vouches_for_no_signature(kept: Ledger) -> None:
    """A forged record that the index calls verified is refused, except where the index's word was asked for."""
    envelope, stated = taken_apart(kept, kept.records.write(RECORD))
    address = place(kept, signed_by(Ed25519PrivateKey.generate(), envelope["signatures"][0]["keyid"], stated))
    RecordIndex(kept.index).remember(address, "run", RECORD.at, envelope["signatures"][0]["keyid"])
    kept.close()

    with pytest.raises(IntegrityError, match="not signed by"):
        ledger.open(kept.state).records.read(address)
    assert ledger.open(kept.state, recall=True).records.read(address) == RECORD
