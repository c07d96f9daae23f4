"""The commands: what each takes, does and asks for; and what is told of those that cannot be carried out yet."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from roadworthy.platform.identity.permission import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        name: As it is typed, without the slash.
        takes: What follows it, as help shows it.
        does: What it does, in a sentence.
        needs: What is asked of whoever gives it; a reviewer's right stands in the profile besides.
        least: How many words must follow.
        most: How many may; None when the rest of the line is one text.
        instead: For one that is not there yet: what to do instead.
    """

    name: str
    takes: str
    does: str
    needs: Permission
    least: int = 0
    most: int | None = 0
    instead: str = ""

    @property
    def usage(self) -> str:
        """How it is typed."""
        return f"/{self.name} {self.takes}".rstrip()


_READ, _WRITE, _MAINTAIN = Permission.READ, Permission.CONTRIBUTE, Permission.MAINTAIN
_ALL = (
    Command("help", "", "List these commands.", _READ),
    Command("status", "", "Say how the change stands, and what keeps it from being merged.", _READ),
    Command("test", "", "Check the commit once more, where its check did not pass.", _WRITE),
    Command("compare", "REF", "Hold what was measured of the commit against another.", _READ, 1, 1),
    Command("why", "CHECK", "Say what a check found.", _READ, 1, None),
    Command("approve", "software|analysis", "Approve the commit from a perspective.", _WRITE, 1, 1),
    Command("hold", "[REASON]", "Keep the change from being merged for now.", _WRITE, 0, None),
    Command("unhold", "", "Let your hold go; a maintainer lets go of all.", _WRITE),
    Command("merge", "", "Merge the change, when nothing keeps it from that.", _WRITE),
    Command("deploy", "ENV [VERSION]", "Put a version, by default the newest, into an environment.", _MAINTAIN, 1, 2),
    Command("rollback", "ENV", "Put the version before the current one back.", _MAINTAIN, 1, 1),
    Command(
        "retrain", "", "Train anew, with all stages run.", _WRITE,
        instead="Change a parameter or update the data (`roadworthy data update`), and push: what is unchanged is not "
        "run again, since the same inputs give the same model.",
    ),
    Command(
        "reproduce", "", "Run the commit again in a clean place, and compare.", _WRITE,
        instead="Clone the commit into an empty folder, and compare what `roadworthy run` and `roadworthy test` say.",
    ),
    Command(
        "redteam", "", "Search for weaknesses of the model.", _WRITE,
        instead="Write what you suspect as `behaviour:` or `slices:` in requirements.yaml: each push tests it.",
    ),
    Command(
        "incident", "", "Open an incident.", _WRITE, 0, None,
        instead="Put the version before back with `/rollback ENV`, and write what went wrong as a failure mode in "
        "failure_modes/.",
    ),
)  # fmt: skip
COMMANDS: Final[Mapping[str, Command]] = MappingProxyType({one.name: one for one in _ALL})
