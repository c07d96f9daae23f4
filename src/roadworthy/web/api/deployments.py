"""Versions and deployments: what there is, putting one somewhere, and putting the one before back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.release import Into
from roadworthy.app.server import operate
from roadworthy.app.server.view import places
from roadworthy.operate.release.deploy import Deployed
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, tags=["deployments"])
_NAME = Annotated[str, Field(min_length=1, max_length=100)]


class NewDeployment(BaseModel):
    """A version that is to be put into an environment."""

    model_config = ConfigDict(extra="forbid")
    version: _NAME
    environment: _NAME
    expect: _NAME | None = None


class Rollback(BaseModel):
    """An environment into which the version before is to be put back."""

    model_config = ConfigDict(extra="forbid")
    environment: _NAME
    expect: _NAME | None = None


class DeploymentOut(BaseModel):
    """What is deployed now, and what was before."""

    tag: str
    version: str
    environment: str
    created: bool
    rollback: bool
    before: str | None


@router.get("/api/projects/{project}/history")
@needs(Permission.READ)
def history(project: str, platform: Platform) -> dict[str, Any]:
    """List the versions and deployments that count, and the tags that do not, with the reason."""
    return places.history(platform.at_work, project)


@router.post("/api/projects/{project}/deployments", status_code=201)
@needs(Permission.MAINTAIN)
def deploy(project: str, wanted: NewDeployment, visit: Visitor, platform: Platform) -> DeploymentOut:
    """Put a version into an environment."""
    into = Into(wanted.version, wanted.environment, wanted.expect)
    return _out(operate.deploy(platform.at_work, project, into, visit.person.name))


@router.post("/api/projects/{project}/rollbacks", status_code=201)
@needs(Permission.MAINTAIN)
def roll_back(project: str, wanted: Rollback, visit: Visitor, platform: Platform) -> DeploymentOut:
    """Put the version before the current one back."""
    return _out(operate.roll_back(platform.at_work, project, wanted.environment, wanted.expect, visit.person.name))


def _out(done: Deployed) -> DeploymentOut:
    made = done.deployment
    before = None if done.before is None else done.before.version
    return DeploymentOut(
        tag=made.tag, version=made.version, environment=made.environment, created=done.created,
        rollback=made.rollback, before=before,
    )  # fmt: skip
