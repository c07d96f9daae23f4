"""Runs: those of a project that are asked for, filtered, sorted and a page at a time; and one of them whole."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from roadworthy.app.server.view import runs as view
from roadworthy.app.server.view.evidence.shelf import lines
from roadworthy.errors import NotFound
from roadworthy.platform.change.verdict import KIND as VERDICT
from roadworthy.platform.store.schema import fact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from roadworthy.app.server.platform import Platform
    from roadworthy.app.server.view.evidence.shelf import Line

Json = dict[str, Any]
PAGE: Final = 50
_SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": ge, "<=": le, "!=": ne, "=": eq, ">": gt, "<": lt,
}  # fmt: skip
_TERM = re.compile(r"^(?P<name>[^<>=!]+)(?P<sign>>=|<=|!=|=|<|>)(?P<value>.+)$")
_OWN = ("at", "seconds", "actor", "commit", "branch", "verdict", "version")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs, in which order.

    Attributes:
        q: Words that all must fit, e.g. `feature/x roc_auc>=0.7 train.rows=10`: a comparison of a metric, a parameter
            or a fact; or a part of the commit, the branch, the version or who stated it.
        verdict: What its proof says; empty for any.
        sort: A metric, parameter or fact; after `-`, the largest first. Empty: the newest first.
        page: From 1 on.
    """

    q: str = ""
    verdict: str = ""
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """A page of runs, how many there are in all, and the columns that tell them apart."""

    runs: tuple[Line, ...]
    total: int
    metrics: tuple[str, ...]
    params: tuple[str, ...]

    def as_json(self) -> Json:
        """Return it as the API gives it."""
        return {
            "runs": [asdict(one) for one in self.runs], "total": self.total, "metrics": list(self.metrics),
            "params": list(self.params),
        }  # fmt: skip


def runs(platform: Platform, name: str, wanted: Wanted) -> Found:
    """Return a page of the runs of a project that are wanted."""
    tests = [_test(word) for word in wanted.q.split()]
    found: Sequence[Line] = [
        one for one in lines(platform, name)
        if (not wanted.verdict or one.verdict == wanted.verdict) and all(test(one) for test in tests)
    ]  # fmt: skip
    if wanted.sort:
        found = _sorted(found, wanted.sort)
    shown = tuple(found[(wanted.page - 1) * PAGE : wanted.page * PAGE])
    return Found(shown, len(found), *_columns(shown, wanted.sort.removeprefix("-")))


def run(platform: Platform, name: str, address: str) -> Json:
    """Return a run: its line, what was recorded of it, and what its proof says.

    Raises:
        NotFound: The project has none of that address.
    """
    line = line_of(platform, name, address)
    return {
        "line": asdict(line),
        "run": view.run(platform, name, {"run": address}),
        "proof": view.proof(platform, name, {"proof": line.proof}),
        "checks": _checks(platform, name, line),
    }


def line_of(platform: Platform, name: str, address: str) -> Line:
    """Return the run at *address*.

    Raises:
        NotFound: The project has none there.
    """
    found = next((one for one in lines(platform, name) if one.run == address), None)
    if found is None:
        raise NotFound(
            f"{name} has no run {address[:19]}: it is of another project, or its record is not kept any more.",
            remedy=f"See those that there are under /projects/{name}/runs.",
        )
    return found


def value_of(one: Line, name: str) -> Any:
    """Return a fact, a metric or a parameter of a run; None when it has none of that name."""
    if name in _OWN:
        return getattr(one, name)
    return one.metrics.get(name, one.params.get(name))


def _checks(platform: Platform, name: str, line: Line) -> list[Json]:
    """Return what was said of a run, by branch and target, the newest first."""
    asked = select(fact.c.body).where(fact.c.project == name, fact.c.kind == VERDICT, fact.c.commit == line.commit)
    with platform.database.read() as connection:
        bodies = connection.execute(asked.order_by(fact.c.at.desc(), fact.c.address)).scalars()
        said = [body for body in bodies if body["run"] == line.run]
    return [{key: one[key] for key in ("branch", "target", "outcome", "why", "made")} for one in said]


def _test(word: str) -> Callable[[Line], bool]:
    term = _TERM.match(word)
    if term is None:
        part = word.lower()
        return lambda one: any(part in text.lower() for text in (one.commit, one.branch, one.version, one.actor))
    name, compare, value = term["name"], _SIGNS[term["sign"]], term["value"]
    number = _number(value)

    def fits(one: Line) -> bool:
        has = value_of(one, name)
        if isinstance(has, int | float) and not isinstance(has, bool) and number is not None:
            return compare(has, number)
        return has is not None and compare(_word(has), value)

    return fits


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _sorted(found: Iterable[Line], sort: str) -> list[Line]:
    """Return runs in order of a value: numbers before words, and those without any last, whichever way."""
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    keyed = [(value_of(one, name), one) for one in found]
    there = [(_key(value), one) for value, one in keyed if value is not None and value != ""]
    there.sort(key=lambda pair: pair[0], reverse=backwards)
    return [*(one for _, one in there), *(one for value, one in keyed if value is None or value == "")]


def _key(value: object) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return 0, float(value), ""
    return 1, 0.0, str(value)


def _columns(shown: Sequence[Line], sort: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the metrics and the differing parameters of some runs, those first that matter most.

    Of metrics that is what they are sorted by, the primary ones, then those that most runs have.
    """
    metrics = Counter(name for one in shown for name in one.metrics)
    first = [sort, *(one.primary for one in shown)]
    measured = dict.fromkeys(name for name in (*first, *(name for name, _ in metrics.most_common())) if name in metrics)
    names = dict.fromkeys(name for one in shown for name in one.params)
    differing = [name for name in names if len({repr(one.params[name]) for one in shown if name in one.params}) > 1]
    return tuple(measured), tuple(sorted(differing, key=lambda name: name != sort))
