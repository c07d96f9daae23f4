"""What a change asks less of than its target does: a change may not loosen the rules that judge it, unseen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from roadworthy.declare.form import seconds, size
from roadworthy.prove.review.text import plain, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.declare.project import Declared

REQUIREMENTS, PROFILE, PIPELINE = "requirements.yaml", "profile.yaml", "pipeline.yaml"
_GREATER = {"at_least", "share", "level", "min"}  # is stricter
_SMALLER = {"at_most", "within", "excess", "upgrade_ratio", "missing", "duplicates", "conflicts", "max"}  # is stricter
_MORE, _FEWER = {"absent", "relations", "columns"}, {"allowed"}  # of a list: stricter
_WORDS = {
    "apiVersion",
    "purpose",
    "description",
    "unit",
    "title",
    "owner",
    "found",
    "severity",
    "capability",
}  # fmt: skip - which judge nothing
_NO_BAR = {("inputs", "columns")}  # what a model is given is an interface
# Below these, what is written where nothing stood is one rule more.
_LISTS = {("quality",), ("slices",), ("behaviour",), ("stress",), ("windows",), ("columns",), ("sql",), ("outputs",),
          ("table", "foreign_keys")}  # fmt: skip
_GAINED = {"at_least", "at_most", "better_than", "latency", "p99", "p50", "size", "artifact", "against_production",
           "splits", "label", "privacy", "rows", "duplicates", "fresh", "missing", "min", "max", "allowed", "pattern",
           "mean", "distinct", "conflicts", "known_at", "type", "key", "absent", "relations"}  # fmt: skip
_UNTOLD = {"windows", "inputs", "outputs"}  # where greater is not always stricter
_BUDGETS: Mapping[str, Callable[[str], float]] = {"latency": seconds, "size": size}
_TRUST = ("members", "reviewers", "review", "branches")  # of the profile: who may what, and who is asked


@dataclass(frozen=True, slots=True)
class Loosened:
    """A rule of the target that a change asks less of, or another thing than: `before` there, `after` in the change."""

    file: str
    rule: str
    before: str | None
    after: str | None
    what: str

    def __str__(self) -> str:
        """Return it as a sentence without its full stop, such as `lowers quality.roc_auc.at_least …`."""
        sides = " → ".join(one for one in (self.before, self.after) if one is not None)
        return f"this change {self.what} {self.rule} in {self.file}: {sides}"


def loosened(target: Declared, change: Declared) -> tuple[Loosened, ...]:
    """Return every rule of *target* that *change* does not keep as strict: none means that what it passes, holds there.

    What cannot be told to be stricter counts as looser. Wording is left out.
    """
    return tuple(_loosened(target, change))


def _loosened(target: Declared, change: Declared) -> Iterator[Loosened]:
    yield from _compared(REQUIREMENTS, _requirements(target), _requirements(change))
    for name in target.contracts:
        yield from _compared(f"contracts/{name}.yaml", _contract(target, name), _contract(change, name))
    for name, mode in target.failure_modes.items():
        after = change.failure_modes.get(name)
        yield from _compared(f"failure_modes/{name}.yaml", asdict(mode), None if after is None else asdict(after))
    yield from _compared(PIPELINE, _reference(target), _reference(change))
    yield from _compared(PROFILE, _trust(target), _trust(change))


def _requirements(project: Declared) -> dict[str, object] | None:
    found = project.requirements
    if found is None:
        return None
    return {**asdict(found), "primary metric": found.quality[0].metric if found.quality else None}


def _contract(project: Declared, name: str) -> dict[str, object] | None:
    found = project.contracts.get(name)
    return None if found is None else asdict(found)


def _reference(project: Declared) -> dict[str, object]:
    """Return the rows on which models are judged."""
    found = project.pipeline.datasets.get("reference")
    return {} if found is None else {"datasets.reference": asdict(found)}


def _trust(project: Declared) -> dict[str, object]:
    said = asdict(project.profile)
    deployed = {
        name: {"from": one.from_, "deploy": one.deploy} for name, one in project.profile.environments.items()
    }  # fmt: skip
    return {
        **{name: said[name] for name in _TRUST},
        "environments": deployed,
        "ci.runner": project.profile.ci.runner,
        "ci.secrets": project.profile.ci.secrets,
    }


def _compared(file: str, before: dict[str, object] | None, after: dict[str, object] | None) -> Iterator[Loosened]:
    if before is None:
        return
    if after is None:
        yield Loosened(file, "everything", None, "the file is gone", "removes")
        return
    for path, old, new in _differing((), before, after):
        what = _what(file, path, old, new)
        if what is not None:
            yield Loosened(file, visible(".".join(path), 120), _text(old), _text(new), what)


def _differing(
    path: tuple[str, ...], before: object, after: object
) -> Iterator[tuple[tuple[str, ...], object, object]]:
    old, new = _parts(before), _parts(after)
    if old is None or (new is None and after is not None):
        if before != after:
            yield path, before, after
        return
    if new is None or (not new and old):
        yield path, before, None
        return
    for name in dict.fromkeys([*old, *new]):
        if name not in _WORDS and (*path, name) not in _NO_BAR:
            yield from _inner((*path, name), old.get(name), new.get(name))


def _inner(path: tuple[str, ...], before: object, after: object) -> Iterator[tuple[tuple[str, ...], object, object]]:
    if before is None or before in ((), {}):
        if after is not None and after not in ((), {}):
            yield path, None, after
        return
    yield from _differing(path, before, after)


def _parts(value: object) -> dict[str, object] | None:
    """Return what a value is made of by name; None of one that has no parts."""
    if isinstance(value, Mapping):
        return {str(key): part for key, part in value.items()}
    if isinstance(value, Sequence) and value and all(isinstance(one, Mapping) for one in value):
        found: dict[str, object] = {}
        for place, item in enumerate(value):
            name = next((str(item[key]) for key in ("name", "metric") if item.get(key)), str(place))
            found[_unused(found, name)] = item
        return found
    return None


def _unused(names: Mapping[str, object], name: str) -> str:
    number = 2
    while name in names:
        name, number = f"{name.partition(' (')[0]} ({number})", number + 1
    return name


def _what(file: str, path: tuple[str, ...], old: object, new: object) -> str | None:
    """Return what is done to a rule, in a word; None when it is as strict as before."""
    if path[0] == "reviewers" and old is None:  # one more who is asked
        return None
    if file in {PROFILE, PIPELINE}:
        return "adds" if old is None else "removes" if new is None else "changes"
    if old is None:
        return None if _is_one_more(path) else "adds"
    if new is None:
        return "removes"
    return _moved(path, old, new)


def _is_one_more(path: tuple[str, ...]) -> bool:
    return path[:-1] in _LISTS or path in _LISTS or (path[-1] in _GAINED and path[0] not in _UNTOLD)


def _moved(path: tuple[str, ...], old: object, new: object) -> str | None:
    name = path[-1]
    if isinstance(old, int | float) and isinstance(new, int | float) and not isinstance(old, bool):
        if path[0] not in _UNTOLD and ((name in _GREATER and new > old) or (name in _SMALLER and new < old)):
            return None
        return "lowers" if new < old else "raises"
    if isinstance(old, Sequence) and isinstance(new, Sequence) and not isinstance(old, str):
        held = [one for one in old if one not in new], [one for one in new if one not in old]
        if path[0] not in _UNTOLD and ((name in _MORE and not held[0]) or (name in _FEWER and not held[1])):
            return None
    if path[0] in _BUDGETS:
        read = _BUDGETS[path[0]]
        return None if read(str(new)) < read(str(old)) else "raises"
    if (old, new) in {(False, True), ("allowed", "refused")} and name in {"unique", "other_columns"}:
        return None
    return "changes"


def _text(value: object) -> str | None:
    if value is None:
        return None
    return visible(plain(value), 120)
