"""A hold: somebody says that a change is not to be merged for now, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import Conflict, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from roadworthy.platform.change.said import Said


def held(all_said: Iterable[Said]) -> tuple[Said, ...]:
    """Return the holds that stand, the oldest first: each person's own, until they or a maintainer let go."""
    standing: dict[str, Said] = {}
    for one in all_said:
        if one.body["state"] == "held":
            standing.setdefault(one.actor, one)
        else:
            for who in one.body["of"]:
                standing.pop(who, None)
    return tuple(standing.values())


def let_go(all_said: Iterable[Said], actor: str, *, is_maintainer: bool) -> list[str]:
    """Return whose holds *actor* lets go: their own, or, as a maintainer, everybody's.

    Raises:
        Conflict: Nobody holds it.
        NotAllowed: Others do.
    """
    who = [one.actor for one in held(all_said)]
    if not who:
        raise Conflict("Nobody holds this change.", remedy="See `roadworthy change show`.")
    theirs = who if is_maintainer else [one for one in who if one == actor]
    if not theirs:
        raise NotAllowed(f"{' and '.join(who)} hold this change.", remedy="Ask them, or a maintainer, to let it go.")
    return theirs
