"""The decision whether an actor may: pure, so that every route and command asks the same function."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from roadworthy.platform.identity.actor import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.platform.identity.actor import Actor

Role: TypeAlias = Literal["reader", "contributor", "maintainer"]
ROLES: tuple[Role, ...] = get_args(Role)  # each may do what those before it may


class Permission(StrEnum):
    """What a route or command asks for."""

    ANYONE = "anyone"  # no sign-in
    SIGNED_IN = "signed_in"  # to see what is one's own
    IN_PERSON = "in_person"  # to change what is one's own: never by a token, lest a stolen one make others
    CREATE = "create"  # a project
    READ = "read"  # a project's
    CONTRIBUTE = "contribute"
    MAINTAIN = "maintain"
    ADMIN = "admin"  # of the platform
    RUNNER = "runner"  # of the platform's own


_LEAST: Mapping[Permission, Role] = {
    Permission.READ: "reader",
    Permission.CONTRIBUTE: "contributor",
    Permission.MAINTAIN: "maintainer",
}
_SCOPES: Mapping[Permission, frozenset[Scope]] = {
    Permission.SIGNED_IN: frozenset(Scope),
    Permission.CREATE: frozenset({Scope.WRITE, Scope.ADMIN}),
    Permission.READ: frozenset(Scope),
    Permission.CONTRIBUTE: frozenset({Scope.WRITE, Scope.ADMIN}),
    Permission.MAINTAIN: frozenset({Scope.WRITE, Scope.ADMIN}),
    Permission.ADMIN: frozenset({Scope.ADMIN}),
}


def allowed(actor: Actor | None, permission: Permission, role: str | None = None, project: str | None = None) -> bool:
    """Return whether *actor* may do what asks for *permission*.

    Args:
        actor: Who asks; None is nobody.
        permission: What is asked for.
        role: The actor's role in the project, from `role_of`.
        project: The project that it is about, for a permission in a project.
    """
    if permission is Permission.ANYONE or actor is None:
        return permission is Permission.ANYONE
    if actor.is_runner or permission is Permission.RUNNER:
        return actor.is_runner and permission is Permission.RUNNER
    if permission is Permission.IN_PERSON:
        return actor.is_in_person
    return _is_in_scope(actor, permission, project) and _may(actor, permission, role, project)


def role_of(actor: Actor | None, roles: Mapping[str, str]) -> Role | None:
    """Return the highest of the *roles* that `profile.yaml` gives an actor, by name or by `group:NAME`."""
    if actor is None or actor.is_runner:
        return None
    names = (actor.name, *(f"group:{group}" for group in actor.groups))
    given = {roles.get(name) for name in names}
    return next((role for role in reversed(ROLES) if role in given), None)


def _is_in_scope(actor: Actor, permission: Permission, project: str | None) -> bool:
    """Whether a token reaches so far; whoever is there in person is not limited."""
    if actor.token_scopes is not None and not actor.token_scopes & _SCOPES[permission]:
        return False
    return permission is Permission.SIGNED_IN or actor.project_limit in {None, project}


def _may(actor: Actor, permission: Permission, role: str | None, project: str | None) -> bool:
    if permission in {Permission.SIGNED_IN, Permission.CREATE}:
        return True
    if permission is Permission.ADMIN:
        return actor.is_admin
    return project is not None and (actor.is_admin or _reaches(role, _LEAST[permission]))


def _reaches(role: str | None, least: Role) -> bool:
    return role in ROLES and ROLES.index(role) >= ROLES.index(least)
