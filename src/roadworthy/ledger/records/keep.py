"""Records in a folder: written before they are acknowledged, believed only when signed by a key that is trusted."""

from __future__ import annotations

import base64
import importlib
from typing import TYPE_CHECKING

from roadworthy.errors import IntegrityError, NotFound, StorageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import addresses_in, open_plain
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.ledger.records.envelope import parse, unwrap
from roadworthy.ledger.records.signer import TrustedKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from roadworthy.ledger.index.records import RecordIndex
    from roadworthy.ledger.records.record import Record
    from roadworthy.ledger.records.signer import Signer


class Records:
    """Keeps records under *folder*, signed with the key at *key*, whose public half stands beside it.

    A signature is verified once in each process. With *recall*, the word of *index* that it was verified before will
    do: for commands that only show how things stand, and are called all day.
    """

    def __init__(self, folder: Path, key: Path, index: RecordIndex, *, recall: bool = False) -> None:
        self.folder = folder
        self._key = key
        self._index = index
        self._recall = recall
        self._verified: set[tuple[Address, str]] = set()
        self._aside = folder / "aside"
        self._own: TrustedKey | None = None
        self._signs: Signer | None = None

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

    def is_damaged(self, address: Address) -> bool:
        """Whether something stands where the record *address* belongs, and does not hold its bytes."""
        try:
            with open_plain(self.path(address)) as file:
                return Address.of(file.read()) != address
        except FileNotFoundError:
            return False
        except (IntegrityError, StorageError):
            return True

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
        own = self._own or self._read_public()
        return own if own is not None and own.id == key_id else None

    def _read_public(self) -> TrustedKey | None:
        try:
            key_id, public = self._public.read_text(encoding="utf-8").split()
            self._own = TrustedKey(key_id, base64.b64decode(public, validate=True), "local")
        except FileNotFoundError:
            # Only the private half may be left: without either, nothing is trusted, and reading must not make a key.
            return self._signer().key if self._key.exists() else None
        except ValueError as fault:
            raise IntegrityError(
                f"{self._public} is not a public key.", remedy="Remove it: it is made again from the private key."
            ) from fault
        return self._own

    def _signer(self) -> Signer:
        if self._signs is not None:
            return self._signs
        signer: Signer = _sealing().local_signer(self._key, self._aside)
        if self._own != signer.key:
            public = f"{signer.key.id} {base64.b64encode(signer.key.public).decode()}\n"
            write_bytes(self._public, public.encode(), aside=self._aside)
            self._own = signer.key
        self._signs = signer
        return signer

    @property
    def _public(self) -> Path:
        return self._key.with_name(self._key.name + ".pub")


def _sealing() -> ModuleType:
    # Cryptography costs more to import than `status` takes: loaded when a record is written, or first read.
    return importlib.import_module("roadworthy.ledger.records.seal")
