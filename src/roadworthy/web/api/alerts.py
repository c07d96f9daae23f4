"""Alert channels of a project: an address goes in, and never comes out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from roadworthy.app.server.alerting import channels
from roadworthy.app.server.view import alerts as view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, tags=["alerts"])


class Named(BaseModel):
    """A channel, as profile.yaml names it."""

    model_config = ConfigDict(extra="forbid")
    to: Annotated[str, Field(min_length=1, max_length=200)]


class Addressed(Named):
    """A channel, and where it is."""

    url: Annotated[SecretStr, Field(max_length=2000)]


class ChannelOut(BaseModel):
    """A channel without its address: what it is told of, what it lacks, and what it was told last."""

    to: str
    on: list[str]
    declared: bool
    set_by: str | None
    set_at: int | None
    lacks: str | None
    jobs: list[dict[str, Any]]


class Set(BaseModel):
    """A channel that was set; of a webhook, the secret that it is to know us by: it is not shown again."""

    to: str
    secret: str | None


class Tried(BaseModel):
    """A channel that is tried, by a job."""

    to: str
    job: int


@router.get("/api/projects/{project}/alerts")
@needs(Permission.READ)
def listed(project: str, platform: Platform) -> list[ChannelOut]:
    """List the channels that profile.yaml on main declares, and those that somebody set."""
    return [ChannelOut(**one) for one in view.listed(platform.at_work, project)]


@router.post("/api/projects/{project}/alerts", status_code=201)
@needs(Permission.MAINTAIN)
def keep(project: str, wanted: Addressed, visit: Visitor, platform: Platform) -> Set:
    """Set where a channel is; what waits for it is told at once."""
    url = wanted.url.get_secret_value()
    return Set(to=wanted.to, secret=channels.set_channel(platform.at_work, project, wanted.to, url, visit.person.name))


@router.post("/api/projects/{project}/alerts/test", status_code=202)
@needs(Permission.MAINTAIN)
def attempt(project: str, wanted: Named, visit: Visitor, platform: Platform) -> Tried:
    """Tell a channel of a test."""
    return Tried(to=wanted.to, job=channels.try_channel(platform.at_work, project, wanted.to, visit.person.name))


@router.post("/api/projects/{project}/alerts/remove", status_code=204)
@needs(Permission.MAINTAIN)
def remove(project: str, wanted: Named, visit: Visitor, platform: Platform) -> None:
    """Forget where a channel is."""
    channels.remove_channel(platform.at_work, project, wanted.to, visit.person.name)
