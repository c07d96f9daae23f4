"""Projects: those one may see, one of them as it stands, and making another."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server.projects import create as create_project
from roadworthy.app.server.view import asked
from roadworthy.app.server.view import projects as view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.visit import readable

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
    environments: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    overrides: list[dict[str, Any]]
    jobs: list[dict[str, Any]]


class Planned(BaseModel):
    """The steps from what a workspace is to what a commit asks for."""

    commit: str
    steps: list[dict[str, str]]


@router.get("/api/projects")
@needs(Permission.SIGNED_IN)
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
@needs(Permission.READ)
def rules(project: str, platform: Platform) -> list[dict[str, Any]]:
    """Show what each push would do."""
    return asked.rules(platform.at_work, project)


@router.get("/api/key", response_class=PlainTextResponse)
@needs(Permission.ANYONE)
def key(platform: Platform) -> str:
    """Give the public half of the platform's key, by which its records are believed."""
    return platform.at_work.home.public_key()
