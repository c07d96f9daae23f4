"""Records in a folder: written before they are acknowledged, believed only when signed by a key that is trusted."""

from __future__ import annotations

import base64
import importlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.errors import IntegrityError, NotFound, StorageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import addresses_in, open_plain
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.ledger.records.envelope import parse, unwrap
from roadworthy.ledger.records.signer import TrustedKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import ModuleType

    from roadworthy.ledger.index.records import RecordIndex
    from roadworthy.ledger.records.record import Authority, Record
    from roadworthy.ledger.records.signer import Signer


@dataclass(frozen=True, slots=True)
class Keys:
    """What records are signed with, and whose are believed.

    Attributes:
        own: The file of the key to sign with; its public half stands beside it, and is believed.
        authority: What the own key may speak for.
        trusted: A folder of public keys of platforms, `*.pub`, whose records are believed too; it need not be there.
    """

    own: Path
    authority: Authority = "local"
    trusted: Path | None = None

    @property
    def public(self) -> Path:
        """The file of the public half of the own key."""
        return self.own.with_name(self.own.name + ".pub")


class Records:
    """Keeps records under *folder*, signed with the own one of *keys*.

    A signature is verified once in each process. With *recall*, the word of *index* that it was verified before will
    do: for commands that only show how things stand, and are called all day.
    """

    def __init__(self, folder: Path, keys: Keys, index: RecordIndex, *, recall: bool = False) -> None:
        self.folder = folder
        self._keys = keys
        self._index = index
        self._recall = recall
        self._verified: set[tuple[Address, str]] = set()
        self._aside = folder / "aside"
        self._own: TrustedKey | None = None
        self._signs: Signer | None = None
        self._platforms: Mapping[str, TrustedKey] | None = None

    def path(self, address: Address) -> Path:
        """Return where the record *address* is, or would be."""
        return self.folder / address.digest[:2] / f"{address.digest[2:]}.json"

    def write(self, record: Record) -> Address:
        """Sign *record*, keep it durably and return its address; the same record again is the same address.

        Raises:
            NotAllowed: The record claims an authority that the key does not have.
            StorageError: The disk is full or the folder is read-only.
            ValueError: The body is not JSON (NaN, a foreign type, an integer beyond 53 bits).
        """
        signer = self._signer()
        data: bytes = _sealing().seal(record, signer)
        address = Address.of(data)
        write_bytes(self.path(address), data, aside=self._aside, mode=0o444)
        self._index.remember(address, record.kind, record.at, signer.key.id)
        return address

    def read(self, address: Address) -> Record:
        """Return the record at *address*.

        Raises:
            NotFound: It is not kept here.
            IntegrityError: Its bytes are damaged, its signature is not right, or its key is not trusted.
        """
        place = self.path(address)
        try:
            with open_plain(place) as file:
                data = file.read()
        except FileNotFoundError as fault:
            raise NotFound(
                f"The record {address} is not kept here.",
                remedy="Do again what it is the record of, or fetch it from where that was done.",
            ) from fault
        if (found := Address.of(data)) != address:
            raise IntegrityError(
                f"{place} holds other bytes than its name says ({found} instead of {address}).",
                remedy="Restore it from a copy, or remove it and do again what it is the record of.",
            )
        return self._believed(address, data)

    def holds(self, address: Address) -> bool:
        """Whether the record *address* is here with its very bytes, whoever signed it: they are read."""
        try:
            with open_plain(self.path(address)) as file:
                return Address.of(file.read()) == address
        except (FileNotFoundError, IntegrityError, StorageError):
            return False

    def is_damaged(self, address: Address) -> bool:
        """Whether something stands where the record *address* belongs, and does not hold its bytes."""
        return os.path.lexists(self.path(address)) and not self.holds(address)

    def all(self, kind: str) -> Iterator[tuple[Address, Record]]:
        """Yield every record of *kind* that can be believed, oldest first; `faults` says what cannot, and why."""
        known = self._index.known()
        for address in addresses_in(self.folder, ".json"):
            if address not in known:
                self._try(address)
        for address in self._index.of_kind(kind):
            if (record := self._try(address)) is not None:
                yield address, record

    def faults(self) -> Iterator[tuple[Address, str]]:
        """Yield every record here that cannot be believed, with the reason."""
        for address in addresses_in(self.folder, ".json"):
            try:
                self.read(address)
            except IntegrityError as fault:
                yield address, fault.problem

    def _believed(self, address: Address, data: bytes) -> Record:
        envelope = unwrap(data, f"The record {address}")
        key = self._trusted(envelope.key_id)
        if key is None:
            raise IntegrityError(
                f"The record {address} is signed with a key that is not trusted here ({envelope.key_id}).",
                remedy="Do not use it; or do again here what it is the record of.",
            )
        indexed = self._index.key_of(address) == key.id
        if (address, key.id) not in self._verified and not (indexed and self._recall):
            _sealing().believe(envelope, key, f"The record {address}")
            self._verified.add((address, key.id))
        record = parse(envelope.payload, f"The record {address}")
        if record.authority != key.authority:
            raise IntegrityError(
                f"The record {address} claims the authority of a {record.authority}.",
                remedy="Do not use it: it was forged.",
            )
        if not indexed:
            self._index.remember(address, record.kind, record.at, key.id)
        return record

    def _try(self, address: Address) -> Record | None:
        try:
            return self.read(address)
        except (IntegrityError, NotFound):
            return None

    def _trusted(self, key_id: str) -> TrustedKey | None:
        own = self._own or self._read_own()
        if own is not None and own.id == key_id:
            return own
        if self._platforms is None:
            self._platforms = {key.id: key for key in _platforms(self._keys.trusted)}
        return self._platforms.get(key_id)

    def _read_own(self) -> TrustedKey | None:
        try:
            self._own = read_public(self._keys.public, self._keys.authority)
        except FileNotFoundError:
            # Only the private half may be left: without either, nothing is trusted, and reading must not make a key.
            return self._signer().key if self._keys.own.exists() else None
        return self._own

    def _signer(self) -> Signer:
        if self._signs is not None:
            return self._signs
        signer: Signer = _sealing().signer(self._keys.own, self._keys.authority, self._aside)
        if self._own != signer.key:
            write_bytes(self._keys.public, public_line(signer.key).encode(), aside=self._aside)
            self._own = signer.key
        self._signs = signer
        return signer


def public_line(key: TrustedKey) -> str:
    """Return how a public key is kept: its id and its bytes, a line."""
    return f"{key.id} {base64.b64encode(key.public).decode()}\n"


def read_public(path: Path, authority: Authority) -> TrustedKey:
    """Return the public key in the file *path*, believed with *authority*.

    Raises:
        FileNotFoundError: It is not there.
        IntegrityError: It holds something else.
    """
    try:
        return parse_public(path.read_text(encoding="utf-8"), authority)
    except ValueError as fault:
        raise IntegrityError(
            f"{path} is not a public key.", remedy="Remove it: an own one is made again, a platform's by `login`."
        ) from fault


def parse_public(line: str, authority: Authority) -> TrustedKey:
    """Return the public key that `public_line` wrote, believed with *authority*. Raises ValueError when it is none."""
    key_id, public = line.split()
    return TrustedKey(key_id, base64.b64decode(public, validate=True), authority)


def _platforms(folder: Path | None) -> Iterator[TrustedKey]:
    if folder is not None and folder.is_dir():
        for path in sorted(folder.glob("*.pub")):
            yield read_public(path, "platform")


def _sealing() -> ModuleType:
    # Cryptography costs more to import than `status` takes: loaded when a record is written, or first read.
    return importlib.import_module("roadworthy.ledger.records.seal")
