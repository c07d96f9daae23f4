"""Secrets of a project: set, listed by name, removed; a value goes in, and never comes out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from roadworthy.app.server.judging.secrets import remove_secret, set_secret
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, tags=["secrets"])
_NAME = Annotated[str, Field(min_length=1, max_length=100)]


class NewSecret(BaseModel):
    """A secret for the stages that name it."""

    model_config = ConfigDict(extra="forbid")
    name: _NAME
    value: SecretStr


class SecretOut(BaseModel):
    """A secret without its value."""

    name: str
    version: int
    set_by: str
    set_at: int


@router.get("/api/projects/{project}/secrets")
@needs(Permission.MAINTAIN)
def listed(project: str, platform: Platform) -> list[SecretOut]:
    """List the secrets of a project, without their values."""
    at_work = platform.at_work
    return [SecretOut(**one.as_json()) for one in at_work.identity.project_secrets.named(at_work.known(project))]


@router.post("/api/projects/{project}/secrets", status_code=201)
@needs(Permission.MAINTAIN, body=256 << 10)
def keep(project: str, wanted: NewSecret, visit: Visitor, platform: Platform) -> SecretOut:
    """Set a secret; one that there is gets another value."""
    value = wanted.value.get_secret_value()
    return SecretOut(**set_secret(platform.at_work, project, wanted.name, value, visit.person.name).as_json())


@router.post("/api/projects/{project}/secrets/{name}/remove", status_code=204)
@needs(Permission.MAINTAIN)
def remove(project: str, name: str, visit: Visitor, platform: Platform) -> None:
    """Forget a secret."""
    remove_secret(platform.at_work, project, name, visit.person.name)
