"""Projects: those one may see, one of them as it stands, and making another."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server.projects import create as create_project
from roadworthy.app.server.tend import removal as removing
from roadworthy.app.server.view import asked
from roadworthy.app.server.view import projects as view
from roadworthy.errors import UsageError
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.visit import readable, restorable

router = APIRouter(route_class=Guarded, tags=["projects"])
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"


class NewProject(BaseModel):
    """A project that is to be made."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(pattern=NAME)]


class Made(BaseModel):
    """A project, and whether it was made now."""

    name: str
    created: bool
    repository: str


class Listed(BaseModel):
    """A project that one may see, and one's role in it."""

    name: str
    role: str | None


class ProjectOut(BaseModel):
    """A project as it stands."""

    name: str
    role: str | None
    repository: str
    branches: dict[str, str]
    members: dict[str, str]
    troubles: list[str]
    schedules: list[dict[str, Any]]
    environments: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    overrides: list[dict[str, Any]]
    jobs: list[dict[str, Any]]


class Planned(BaseModel):
    """The steps from what a workspace is to what a commit asks for."""

    commit: str
    steps: list[dict[str, str]]


class Removal(BaseModel):
    """What removing a project does."""

    lines: list[str]


class Removing(BaseModel):
    """The project's name once more, so that no other is removed by mistake."""

    model_config = ConfigDict(extra="forbid")
    name: str


class Wanted(BaseModel):
    """Records that are asked for."""

    model_config = ConfigDict(extra="forbid")
    addresses: Annotated[list[Annotated[str, Field(pattern=r"^blake3:[0-9a-f]{64}$")]], Field(max_length=200)]


class Removed(BaseModel):
    """A project that was removed, and the time until which it can be brought back, in milliseconds since 1970."""

    name: str
    until: int


@router.get("/api/projects")
@needs(Permission.SIGNED_IN, rows="")
def listed(visit: Visitor, platform: Platform) -> list[Listed]:
    """List the projects that one may read."""
    return [Listed(name=name, role=role) for name, role in readable(visit, platform).items()]


@router.post("/api/projects", status_code=201)
@needs(Permission.CREATE)
def create(wanted: NewProject, visit: Visitor, platform: Platform) -> Made:
    """Make a project, whose first maintainer one is; one that is there is left as it is."""
    made = create_project(platform.at_work, wanted.name, visit.person.name)
    return Made(name=wanted.name, created=made, repository=f"{platform.url}/git/{wanted.name}.git")


@router.get("/api/projects/{project}")
@needs(Permission.READ)
def show(project: str, visit: Visitor, platform: Platform) -> ProjectOut:
    """Show a project."""
    found = view.project(platform.at_work, project)
    return ProjectOut(role=visit.role, repository=f"{platform.url}/git/{project}.git", **found)


@router.get("/api/projects/{project}/plan")
@needs(Permission.READ)
def plan(project: str, platform: Platform, revision: str = "main") -> Planned:
    """Show the steps from what the workspace is to what a branch or commit asks for."""
    commit, steps = asked.plan(platform.at_work, project, revision)
    return Planned(commit=commit, steps=steps)


@router.get("/api/projects/{project}/rules")
@needs(Permission.READ, rows="")
def rules(project: str, platform: Platform) -> list[dict[str, Any]]:
    """Show what each push would do."""
    return asked.rules(platform.at_work, project)


@router.get("/api/projects/{project}/removal")
@needs(Permission.MAINTAIN)
def removal(project: str, platform: Platform) -> Removal:
    """Show what removing a project would do."""
    return Removal(lines=list(removing.plan_removal(platform.at_work, project)))


@router.post("/api/projects/{project}/remove")
@needs(Permission.MAINTAIN)
def remove(project: str, wanted: Removing, visit: Visitor, platform: Platform) -> Removed:
    """Remove a project: nobody reaches it any more; for 30 days it can be brought back."""
    if wanted.name != project:
        raise UsageError(f"{wanted.name!r} is not the name of this project.", remedy=f"Write {project}.")
    removing.remove(platform.at_work, project, visit.person.name)
    return Removed(name=project, until=removing.removed(platform.at_work)[project])


@router.post("/api/projects/{project}/restore")
@needs(Permission.MAINTAIN, removed=True)
def restore(project: str, visit: Visitor, platform: Platform) -> Listed:
    """Bring a removed project back as it was; one that is there is left as it is."""
    removing.restore(platform.at_work, project, visit.person.name)
    return Listed(name=project, role=visit.role)


@router.get("/api/removed")
@needs(Permission.SIGNED_IN)
def removed(visit: Visitor, platform: Platform) -> list[Removed]:
    """List the removed projects that one may bring back."""
    return [Removed(name=name, until=until) for name, until in restorable(visit, platform).items()]


@router.get("/api/projects/{project}/records")
@needs(Permission.READ)
def records(project: str, platform: Platform) -> list[str]:
    """List the addresses of all records of a project."""
    return asked.records(platform.at_work, project)


@router.post("/api/projects/{project}/records")
@needs(Permission.READ)
def some_records(project: str, wanted: Wanted, platform: Platform) -> dict[str, str]:
    """Give some records of a project as they are kept, signed, by address; what is not kept is left out."""
    return asked.some_records(platform.at_work, project, wanted.addresses)


@router.get("/api/key", response_class=PlainTextResponse)
@needs(Permission.ANYONE)
def key(platform: Platform) -> str:
    """Give the public half of the platform's key, by which its records are believed."""
    return platform.at_work.home.public_key()
