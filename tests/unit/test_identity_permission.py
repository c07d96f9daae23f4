"""Whether an actor may: the whole table, and what can never be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.platform.identity.actor import Actor, Scope
from roadworthy.platform.identity.permission import ROLES, Permission, allowed, role_of

ADA = Actor("ada")
ADMIN = Actor("grace", is_admin=True)
RUNNER = Actor("runner", is_runner=True)
PROJECT = (Permission.READ, Permission.CONTRIBUTE, Permission.MAINTAIN)
scopes = st.none() | st.frozensets(st.sampled_from(Scope))
actors = st.none() | st.builds(
    Actor,
    name=st.sampled_from(["ada", "grace"]),
    is_admin=st.booleans(),
    groups=st.frozensets(st.sampled_from(["ml", "web"])),
    token_scopes=scopes,
    project_limit=st.sampled_from([None, "flights", "trains"]),
    is_runner=st.booleans(),
)


@pytest.mark.parametrize(("role", "may"), [
    (None, ()),
    ("reader", PROJECT[:1]),
    ("contributor", PROJECT[:2]),
    ("maintainer", PROJECT),
    ("owner", ()),
])  # fmt: skip
def test_a_role_may_what_it_and_the_lower_ones_may(role: str | None, may: tuple[Permission, ...]) -> None:
    """Maintainers contribute, contributors read, and an unknown role is none."""
    assert tuple(one for one in PROJECT if allowed(ADA, one, role, "flights")) == may


@pytest.mark.parametrize(("actor", "may"), [
    (None, {Permission.ANYONE}),
    (ADA, {Permission.ANYONE, Permission.SIGNED_IN, Permission.IN_PERSON, Permission.CREATE}),
    (ADMIN, set(Permission) - {Permission.RUNNER}),
    (RUNNER, {Permission.ANYONE, Permission.RUNNER}),
])  # fmt: skip
def test_what_each_kind_of_actor_may_without_a_role(actor: Actor | None, may: set[Permission]) -> None:
    """Nobody may nothing but what anyone may; an administrator everything but what a runner does, and it only that."""
    assert {one for one in Permission if allowed(actor, one, None, "flights")} == may


@pytest.mark.parametrize(("scope", "may"), [
    (Scope.READ, {Permission.READ, Permission.SIGNED_IN}),
    (Scope.WRITE, {*PROJECT, Permission.SIGNED_IN, Permission.CREATE}),
    (Scope.ADMIN, {*PROJECT, Permission.SIGNED_IN, Permission.CREATE, Permission.ADMIN}),
])  # fmt: skip
def test_a_token_may_no_more_than_its_scope(scope: Scope, may: set[Permission]) -> None:
    """Even of an administrator's: and no token may change what is its account's own."""
    actor = Actor("grace", is_admin=True, token_scopes=frozenset({scope}))

    assert {one for one in Permission if allowed(actor, one, "maintainer", "flights")} == may | {Permission.ANYONE}


def test_a_token_of_one_project_is_nothing_in_another() -> None:
    """Nor does it administer the platform, whosever it is."""
    actor = Actor("grace", is_admin=True, token_scopes=frozenset(Scope), project_limit="flights")

    assert all(allowed(actor, one, "maintainer", "flights") for one in PROJECT)
    assert not any(allowed(actor, one, "maintainer", "trains") for one in PROJECT)
    assert not allowed(actor, Permission.ADMIN)


@given(actors, st.sampled_from(Permission), st.none() | st.sampled_from(ROLES), st.sampled_from([None, "flights"]))
def test_a_limit_never_allows_more(
    actor: Actor | None, permission: Permission, role: str | None, project: str | None
) -> None:
    """What a token may, its account may in person; what nobody may, only an actor does; the runner stands apart."""
    if not allowed(actor, permission, role, project) or permission is Permission.ANYONE:
        return

    assert actor is not None
    assert actor.is_runner == (permission is Permission.RUNNER)
    assert actor.is_runner or allowed(Actor(actor.name, actor.is_admin, actor.groups), permission, role, project)


@given(
    actors, st.dictionaries(st.sampled_from(["ada", "grace", "group:ml", "group:web", "ml"]), st.sampled_from(ROLES))
)
def test_the_highest_role_of_a_name_and_its_groups_counts(actor: Actor | None, roles: dict[str, str]) -> None:
    """No other name gives a role, and no lower role takes one away."""
    found = role_of(actor, roles)
    names = set() if actor is None or actor.is_runner else {actor.name, *(f"group:{one}" for one in actor.groups)}
    held = [role for role in ROLES if role in {roles[name] for name in names & roles.keys()}]

    assert found == (held[-1] if held else None)
