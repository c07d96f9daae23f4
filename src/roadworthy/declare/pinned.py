"""Read and write pins: the committed files that name the exact bytes of data."""

from __future__ import annotations

import json
import os
import re
import time
from importlib import import_module
from typing import TYPE_CHECKING

from roadworthy.declare.pin import Pin
from roadworthy.declare.written import Unreadable, bytes_of
from roadworthy.errors import InvalidDeclaration, NotFound, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The exact text that `write_pin` writes: read without a YAML reader, as every command may read every pin.
_OURS = re.compile(
    r"apiVersion: roadworthy/v1alpha1\n"
    r"address: (?P<address>blake3:[0-9a-f]{64})\n"
    r"size: (?P<size>[0-9]{1,15})\n"
    r"(?:files: (?P<files>[0-9]{1,15})\n)?"
    r"(?:source:\n(?P<source>(?:  [A-Za-z_][A-Za-z0-9_]*: \"(?:[^\"\\\n]|\\[\"\\])*\"\n)+))?"
)
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FACT = re.compile(r"  ([A-Za-z0-9_]+): (\".*\")\n")


def read_pin(path: Path) -> Pin:
    """Return the pin in the file *path*.

    Raises:
        NotFound: There is no such file.
        InvalidDeclaration: It is not a pin; every fault is listed.
    """
    try:
        data = bytes_of(path)
    except FileNotFoundError as error:
        raise NotFound(
            f"There is no pin {path}.", remedy=f"Write it with `roadworthy data add {path.with_suffix('')}`."
        ) from error
    except Unreadable as reason:
        raise InvalidDeclaration(f"{path}: {reason.problem}", remedy=reason.fix) from reason
    return parse_pin(data, path)


def parse_pin(data: bytes, path: Path) -> Pin:
    """Return the pin that *data* states; *path* is how its faults call it.

    Raises:
        InvalidDeclaration: It is not a pin; every fault is listed.
    """
    return _quick(data) or _careful(data, path)


def _quick(data: bytes) -> Pin | None:
    try:
        match = _OURS.fullmatch(data.decode())
    except UnicodeDecodeError:
        return None
    if match is None:
        return None
    files = match["files"]
    facts = {name: json.loads(value) for name, value in _FACT.findall(match["source"] or "")}
    return Pin(
        "roadworthy/v1alpha1", match["address"], int(match["size"]), None if files is None else int(files), facts
    )


def _careful(data: bytes, path: Path) -> Pin:
    # Named at run time: PyYAML is needed only for pins that somebody edited.
    document = import_module("roadworthy.declare.read.file").parse(Pin, data, path.name)
    if document.value is None:
        shown = "\n".join(fault.render() for fault in document.faults)
        raise InvalidDeclaration(
            f"{path} is not a pin.\n{shown}",
            remedy="Restore it from git, or write it anew with `roadworthy data add`.",
        )
    pin: Pin = document.value
    return pin


def pin_text(pin: Pin) -> str:
    """Return the text of *pin*: the same for the same pin, a fact a line, so that git shows what changed."""
    return "".join(_lines(pin))


def _lines(pin: Pin) -> Iterator[str]:
    yield f"apiVersion: {pin.apiVersion}\n"
    yield f"address: {pin.address}\n"
    yield f"size: {pin.size}\n"
    if pin.files is not None:
        yield f"files: {pin.files}\n"
    if pin.source:
        yield "source:\n"
        for name, value in sorted(pin.source.items()):
            yield f"  {name if _BARE.fullmatch(name) else _quote(name)}: {_quote(value)}\n"


def _quote(text: str) -> str:
    """Return *text* as YAML's double quotes hold it: on one line, whatever is in it."""
    return f'"{"".join(map(_escape, text))}"'


def _escape(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    if "\ud800" <= character <= "\udfff":  # half a character, as undecodable bytes of a file's name give it
        return "\\uFFFD"
    return f"\\U{ord(character):08X}"


def write_pin(path: Path, pin: Pin) -> None:
    """Write *pin* to *path*: a reader sees all of it, or what was there before.

    Raises:
        StorageError: The disk is full, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, pin_text(pin).encode())
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error.strerror}.", remedy="Make room, or make the folder writable."
        ) from error


def _replace(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}-{time.monotonic_ns()}.aside")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
