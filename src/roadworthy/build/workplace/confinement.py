"""What is needed of something that keeps a project's processes within their project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Reach:
    """What a project's processes may reach, and where it is told what they open. Paths are absolute, links resolved.

    Attributes:
        project: The project's folder: what is opened in it is told.
        places: Folder → whether it may be written; the innermost decides.
        files: Files that may be written although they lie elsewhere: the log, and the report.
        report: The file that is told what they open, a line each; it is there and empty when they begin. May be empty.
        quiet: Folders whose files are not told of when they are read.
        bytecode: Folders outside that Python may keep bytecode in.
        all_told: Whether processes of every language are to be followed, not only those that report by themselves.
        reads: What lies outside of *places*, or in *hidden*, and is needed to be read.
        hidden: Folders of which nothing is to be seen but what the others name.
        network: Whether they may use the network.
    """

    project: str
    places: Mapping[str, bool]
    files: tuple[str, ...] = ()
    report: str = ""
    quiet: tuple[str, ...] = ()
    bytecode: tuple[str, ...] = ()
    all_told: bool = False
    reads: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    network: bool = False


class Confinement(Protocol):
    """Keeps processes from what is not their project's, as well as the machine can."""

    @property
    def name(self) -> str:
        """What it is, and what it keeps processes from, in words for the user."""

    @property
    def trusts(self) -> str | None:
        """Who has to be trusted, and with what, in words for the user; None when nobody has to be."""

    @property
    def follows(self) -> bool:
        """Whether `wrap` can have every process told, whatever its language."""

    @property
    def isolates(self) -> bool:
        """Whether what `wrap` returns reaches nothing but its reach; if not, only stages are confined, and in part."""

    def enter(self, reach: Reach) -> None:
        """Confine the calling thread, and what it starts from now on, to *reach*; not to be taken back.

        Raises:
            OSError: The kernel refuses.
        """

    def wrap(self, command: Sequence[str], reach: Reach, folder: str) -> list[str]:
        """Return the command that runs *command* within *reach* and in *folder*. May be repeated.

        For a stage, the thread that starts it has entered the same reach.
        """
