"""What each push to a platform does, from the rules themselves, as `roadworthy rules show` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.platform.automate.rules.branch import Place, Rules
from roadworthy.platform.automate.rules.show import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.platform.automate.rules.show import Row

_PRODUCTION = Place("production", "main", "approved")
EXAMPLES: dict[str, tuple[str, Rules]] = {
    "Gitflow": (
        """\
branches: gitflow   # the default
environments:
  staging: {from: develop, deploy: auto}
  production: {from: main, deploy: approved}""",
        Rules("gitflow", places=(Place("staging", "develop", "auto"), _PRODUCTION)),
    ),
    "Trunk": (
        """\
branches: trunk
environments:
  production: {from: main, deploy: auto}""",
        Rules("trunk", places=(Place("production", "main", "auto"),)),
    ),
    "A mapping": (
        """\
branches: {"team/*": feature, next: develop, main: main, "wip/*": nothing}
environments:
  production: {from: main, deploy: approved}""",
        Rules({"team/*": "feature", "next": "develop", "main": "main", "wip/*": "nothing"}, places=(_PRODUCTION,)),
    ),
}


def rules_page() -> str:
    """Return a section for each branch model: the profile that asks for it, and what each push does."""
    return "\n".join(line for name, (asked, rules) in EXAMPLES.items() for line in _section(name, asked, rules))


def _section(name: str, asked: str, rules: Rules) -> Iterator[str]:
    yield from (f"## {name}", "", "```yaml", asked, "```", "")
    yield from ("| push to | takes | does | a change from it goes to | why |", "|---|---|---|---|---|")
    yield from map(_row, show(rules))
    yield ""


def _row(row: Row) -> str:
    push = row.push if " " in row.push else f"`{row.push}`"
    return f"| {push} | {row.takes} | {'<br>'.join(row.does)} | {row.goes} | {'<br>'.join(row.why)} |"
