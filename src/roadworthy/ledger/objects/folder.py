"""A folder that keeps bytes under their addresses: `ab/<62 digits>`, each written once and checked when read."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from blake3 import blake3

from roadworthy.errors import IntegrityError, NotFound, StorageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.write import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_PIECE: Final = 1 << 20
_FOLDER = re.compile(r"[0-9a-f]{2}")
_FILE = re.compile(r"[0-9a-f]{62}")
_AGAIN = (
    "Run `roadworthy run`: it keeps what a stage made anew, or makes it again. "
    "Pinned data: `roadworthy data fetch` with the bucket that keeps it, or `roadworthy data update`."
)
_OTHER_THINGS = {errno.ELOOP, errno.EMLINK, errno.ENOTDIR, errno.EISDIR, errno.ENXIO}


@dataclass(frozen=True, slots=True)
class DirectoryStore:
    """Keeps bytes in files under *root*; satisfies `ObjectStore`. No symlink below *root* is followed.

    An object that is found damaged when it is needed is set aside, under `damaged/`: it is then no longer kept, so that
    whoever brings the bytes again (a fetch, a stage that runs again) mends it.
    """

    root: Path

    def path(self, address: Address) -> Path:
        """Return where the bytes of *address* are, or would be."""
        return self.root / address.digest[:2] / address.digest[2:]

    def place(self, address: Address) -> Path:
        """Return `path`, for use. Raises IntegrityError when a symlink stands in the place of its folder."""
        place = self.path(address)
        if place.parent.is_symlink():
            raise _not_plain(place.parent)
        return place

    def put(self, data: bytes) -> Address:
        """Keep *data* durably."""
        address = Address.of(data)
        self.put_from(io.BytesIO(data), address)
        return address

    def put_file(self, path: Path, address: Address) -> None:
        """Keep the bytes of *path*, known to be *address*."""
        with open_plain(path) as stream:
            self.put_from(stream, address)

    def put_from(self, stream: BinaryIO, address: Address) -> None:
        """Keep the bytes of *stream*, known to be *address*. What is here undamaged is left as it is."""
        if self.holds(address):
            return
        place = self.place(address)

        def pour(file: BinaryIO) -> None:
            stream.seek(0)
            copy(stream, file, address)

        write_whole(place, pour, aside=self.root / "aside", mode=0o444)

    def get(self, address: Address) -> bytes:
        """Return the bytes, checked."""
        with self.open(address) as stream:
            data = stream.read()
        if (found := Address.of(data)) != address:
            self.set_aside(address)
            raise damaged(str(self.path(address)), address, found)
        return data

    def open(self, address: Address) -> BinaryIO:
        """Return the bytes as a stream, not checked."""
        try:
            return open_plain(self.place(address))
        except FileNotFoundError as fault:
            raise NotFound(
                f"The bytes {address} are not kept in {self.root}.",
                remedy=_AGAIN,
            ) from fault

    def copy_to(self, address: Address, path: Path) -> None:
        """Write the bytes to *path*, checked and all or nothing."""
        with self.open(address) as stream:

            def pour(file: BinaryIO) -> None:
                stream.seek(0)
                copy(stream, file, address)

            try:
                write_whole(path, pour, aside=self.root / "aside")
            except IntegrityError:
                self.set_aside(address)
                raise

    def holds(self, address: Address) -> bool:
        """Whether the bytes are kept here undamaged: they are read."""
        try:
            with self.open(address) as stream:
                return hash_of(stream) == address
        except (NotFound, IntegrityError):
            return False

    def missing(self, addresses: Iterable[Address]) -> frozenset[Address]:
        """Return which of *addresses* are not kept here (not whether the others are undamaged)."""
        return frozenset(address for address in addresses if address not in self)

    def size(self, address: Address) -> int | None:
        """Return the size of what is kept under *address*, damaged or not; None when nothing is."""
        try:
            return self.path(address).stat(follow_symlinks=False).st_size
        except OSError:
            return None

    def set_aside(self, address: Address) -> None:
        """Keep no longer, under its address, what was found to be damaged."""
        place = self.root / "damaged" / f"{address.digest}-{os.urandom(4).hex()}"
        with contextlib.suppress(OSError, StorageError):  # in a read-only folder it stays where it is
            place.parent.mkdir(exist_ok=True)
            self.path(address).rename(place)
            with open_plain(place) as stream:
                mended = hash_of(stream) == address
            if mended:  # by somebody else, just before it was taken away
                place.rename(self.path(address))

    def __contains__(self, address: object) -> bool:
        return isinstance(address, Address) and self.path(address).is_file()

    def __iter__(self) -> Iterator[Address]:
        return addresses_in(self.root)


def addresses_in(root: Path, ending: str = "") -> Iterator[Address]:
    """Yield the addresses that files `ab/<62 digits><ending>` below *root* are named by, in order."""
    for folder in shelves(root):
        for file in sorted(os.scandir(folder), key=_by_name):
            name = file.name.removesuffix(ending)
            if _FILE.fullmatch(name) and file.name.endswith(ending):
                yield Address(f"blake3:{folder.name}{name}")


def shelves(root: Path) -> Iterator[os.DirEntry[str]]:
    """Yield the folders `ab` below *root* that objects are kept in, in order."""
    if not root.is_dir():
        return
    for folder in sorted(os.scandir(root), key=_by_name):
        if _FOLDER.fullmatch(folder.name) and folder.is_dir(follow_symlinks=False):
            yield folder


def _by_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def open_plain(path: Path) -> BinaryIO:
    """Open *path* for reading if it is a plain file.

    Raises:
        FileNotFoundError: Nothing is there.
        IntegrityError: A symlink, a folder or a device is there.
        StorageError: It may not be read.
    """
    try:
        file = io.FileIO(path, opener=_open_plain)
    except FileNotFoundError:
        raise
    except OSError as fault:
        if fault.errno in _OTHER_THINGS:
            raise _not_plain(path) from fault
        raise StorageError(
            f"{path} cannot be read: {fault.strerror}.", remedy="Look at its permissions and run the command again."
        ) from fault
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise _not_plain(path)
    return file


def hash_of(stream: BinaryIO) -> Address:
    """Return the address of what is left in *stream*, read piece by piece."""
    hasher = blake3()
    while piece := stream.read(_PIECE):
        hasher.update(piece)
    return Address(f"blake3:{hasher.hexdigest()}")


def _open_plain(path: str, _: int) -> int:
    # O_NONBLOCK: a pipe with no writer would otherwise hold us for ever.
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)


def copy(stream: BinaryIO, file: BinaryIO, address: Address) -> None:
    """Write what is left in *stream* to *file*.

    Raises:
        IntegrityError: It is not what *address* says; *file* is then not to be used.
    """
    hasher = blake3()
    while piece := stream.read(_PIECE):
        hasher.update(piece)
        file.write(piece)
    if (found := Address(f"blake3:{hasher.hexdigest()}")) != address:
        raise damaged(str(getattr(stream, "name", "What was read")), address, found)


def damaged(place: str, wanted: Address, found: Address) -> IntegrityError:
    """Return the error that says that the bytes at *place* are not the ones that are wanted."""
    return IntegrityError(
        f"{place} holds other bytes than its address says ({found} instead of {wanted}).",
        remedy=_AGAIN,
    )


def _not_plain(path: Path) -> IntegrityError:
    return IntegrityError(
        f"{path} is not a plain file: a symbolic link, a folder or a device stands there.",
        remedy="Put the file itself there: Roadworthy follows no symbolic links.",
    )
