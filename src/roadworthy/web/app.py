"""The application: every router of the pages and the API, behind the shield."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from roadworthy.version import VERSION
from roadworthy.web import assets, faults
from roadworthy.web.api import account as api_account
from roadworthy.web.api import accounts as api_accounts
from roadworthy.web.api import (
    audit,
    changes,
    deployments,
    description,
    health,
    jobs,
    projects,
    runner,
    secrets,
    sign_in,
    tokens,
)
from roadworthy.web.api.evidence import data as api_data
from roadworthy.web.api.evidence import runs as api_runs
from roadworthy.web.api.evidence import standing as api_standing
from roadworthy.web.api.evidence import versions as api_versions
from roadworthy.web.api.review import discussion, opinions
from roadworthy.web.pages import account, accounts, design, events, home, join, log, project
from roadworthy.web.pages import audit as audit_page
from roadworthy.web.pages import changes as changes_page
from roadworthy.web.pages import jobs as jobs_page
from roadworthy.web.pages import projects as projects_page
from roadworthy.web.pages import sign_in as sign_in_page
from roadworthy.web.pages.evidence import data, runs, standing, versions
from roadworthy.web.pages.review import approval, forms
from roadworthy.web.route import Guarded
from roadworthy.web.shield import Shield

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import APIRouter

    from roadworthy.web.services import Services

ROUTERS: tuple[APIRouter, ...] = (
    assets.router,
    health.router,
    description.router,
    sign_in.router,
    api_account.router,
    tokens.router,
    api_accounts.router,
    runner.router,
    projects.router,
    changes.router,
    opinions.router,
    discussion.router,
    jobs.router,
    deployments.router,
    secrets.router,
    api_runs.router,
    api_data.router,
    api_versions.router,
    api_standing.router,
    audit.router,
    home.router,
    sign_in_page.router,
    join.router,
    account.router,
    accounts.router,
    projects_page.router,
    project.router,
    changes_page.router,
    forms.router,
    approval.router,
    runs.router,
    data.router,
    versions.router,
    standing.router,
    jobs_page.router,
    log.router,
    events.router,
    audit_page.router,
    design.router,
)


def create_app(services: Services, routers: Iterable[APIRouter] = ROUTERS) -> FastAPI:
    """Return the application over *services*.

    Raises:
        TypeError: A route says nothing of its permission.
    """
    app = FastAPI(
        title="Roadworthy", version=VERSION, openapi_url=None, docs_url=None, redoc_url=None,
        description="From a commit to production, and keeping it there.",
    )  # fmt: skip
    for router in routers:
        app.router.routes.extend(router.routes)
    app.state.services = services
    app.state.needs = {(method, route.path): route.need for route in guarded(app) for method in route.methods or ()}
    faults.install(app)
    app.add_middleware(Shield, is_secure=services.is_secure, tell=faults.ours)
    return app


def guarded(app: FastAPI) -> tuple[Guarded, ...]:
    """Return the routes of *app*.

    Raises:
        TypeError: One of them is not guarded.
    """
    bare = [getattr(route, "path", str(route)) for route in app.routes if not isinstance(route, Guarded)]
    if bare:
        raise TypeError(f"Routes without a permission: {', '.join(bare)}. Give their router `route_class=Guarded`.")
    return tuple(route for route in app.routes if isinstance(route, Guarded))
