"""Making a Python environment from a lock: once, whoever asks, and nothing half made is ever used."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.build.environment.installed import look
from roadworthy.errors import EnvironmentFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from roadworthy.build.environment.lock import Lock

_MARKER = "made"  # written last; holds the digest of what was installed
_LINES = 12  # of an installer's complaint


def ensure(
    lock: Lock, python: str, folder: Path, say: Callable[[str], None], *, confined: bool = False
) -> tuple[Path, str]:
    """Return the interpreter of the environment that *lock* makes in *folder*, and the digest of what was installed.

    Raises:
        EnvironmentFailed: The interpreter is not there, or a distribution cannot be installed.
    """
    home = folder / lock.digest(python)[:32]
    made = _made(home)
    if made is None:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder / f"{home.name}.lock"):
            made = _made(home) or _make(lock, python, home, say, confined=confined)
    return home / "bin" / "python", made


def _made(home: Path) -> str | None:
    try:
        digest = (home / _MARKER).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return digest if (home / "bin" / "python").exists() else None  # its interpreter may have been removed since


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # released by the kernel, however this process ends
        yield


def _make(lock: Lock, python: str, home: Path, say: Callable[[str], None], *, confined: bool) -> str:
    loose = f" and {', '.join(lock.loose)} without a version" if lock.loose else ""
    say(f"Making the Python environment from {lock.path.name}: {len(lock.pins)} distributions{loose}, once.")
    if home.exists():
        shutil.rmtree(home)
    uv = _uv()
    make, install = _with_uv(uv, lock, python, home) if uv else _with_pip(lock, python, home)
    # An installer takes settings from the folder that it starts in, and those of a project could have it build.
    folder = Path("/") if confined else lock.path.parent
    for step in (make, [*install, *(["--only-binary", ":all:"] if confined else [])]):
        _do(step, lock, folder)
    if confined:
        _compile(python, home)
    digest = look(home / "bin" / "python").digest
    aside = home / f"{_MARKER}.new"
    with aside.open("w", encoding="utf-8") as handle:
        handle.write(digest)
        handle.flush()
        os.fsync(handle.fileno())
    aside.rename(home / _MARKER)
    return digest


def _uv() -> str | None:
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.exists() else shutil.which("uv")


def _interpreter(python: str) -> str | None:
    if python == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return sys.executable
    return shutil.which(f"python{python}")


def _with_uv(uv: str, lock: Lock, python: str, home: Path) -> list[list[str]]:
    # Copies, because a hard link into a shared cache would let one environment change the next.
    install = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--link-mode",
        "copy",
        "--python",
        str(home.absolute() / "bin" / "python"),
    ]
    return [
        [uv, "venv", "--quiet", "--no-project", "--python", _interpreter(python) or python, str(home.absolute())],
        [*install, *(["--require-hashes"] if lock.hashed else []), "--requirement", str(lock.path.absolute())],
    ]


def _with_pip(lock: Lock, python: str, home: Path) -> list[list[str]]:
    interpreter = _interpreter(python)
    if interpreter is None:
        raise EnvironmentFailed(
            f"Python {python}, which profile.yaml asks for, is not on this machine.",
            remedy=f"Install python{python} with its venv module, or uv, which fetches it (`pip install uv`).",
        )
    # Bytecode is left to the first import: compiling all that is installed takes longer than installing it.
    install = [str(home.absolute() / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input", "--no-compile"]
    return [
        [interpreter, "-m", "venv", str(home.absolute())],
        [*install, *(["--require-hashes"] if lock.hashed else []), "--requirement", str(lock.path.absolute())],
    ]


def _compile(python: str, home: Path) -> None:
    """Compile what is installed, but for its tests; what cannot be compiled is told by whoever imports it.

    It is done by an interpreter that runs nothing of the environment: not its `.pth` files either.
    """
    interpreter = _interpreter(python)
    if interpreter is not None:
        command = [interpreter, "-I", "-S", "-m", "compileall", "-qq", "-j", "0", "-x", r"/tests?/", "lib"]
        subprocess.run(command, cwd=home, capture_output=True, check=False, stdin=subprocess.DEVNULL)


def _do(step: list[str], lock: Lock, folder: Path) -> None:
    try:
        done = subprocess.run(step, cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except OSError as fault:
        raise EnvironmentFailed(
            f"{step[0]} cannot be started: {fault}.", remedy="Install uv: `pip install uv`."
        ) from fault
    if done.returncode:
        complaint = done.stderr.decode(errors="replace").strip().splitlines()[-_LINES:]
        raise EnvironmentFailed(
            "\n".join([f"The Python environment cannot be made from {lock.path.name}:", *complaint]),
            remedy=f"Mend {lock.path.name}, and see that the package index is reachable; then do it again.",
        )
