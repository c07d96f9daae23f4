"""The API does what its description says, whatever is sent to it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from web_story import tell
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis.specs.openapi.schemas import OpenApiSchema

EXAMPLES = 6
THERE = {
    "project": "toy",
    "job": 7,
    "number": 2,
    "event": 1,
    "delivery": 1,
    "version": "v1.0.0",
    "environment": "production",
}
# A label of characters that nobody sees is refused, which no schema can say.
NOT_CHECKED: list[Any] = [positive_data_acceptance]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a platform on which a good deal has happened."""
    with World.open(tmp_path_factory.mktemp("world")) as opened:
        tell(opened.platform, tmp_path_factory.mktemp("laptop"))
        yield opened


@pytest.fixture(scope="module")
def described(world: World) -> OpenApiSchema:
    """Give the API as it describes itself, but for who may: tests/integration/test_web_permissions.py has that."""
    description = world.nobody().get("/api/openapi.json").data
    del description["components"]["securitySchemes"]
    for item in description["paths"].values():
        for operation in item.values():
            operation.pop("security", None)
    return schemathesis.openapi.from_dict(description)


@pytest.fixture(scope="module")
def headers(world: World) -> dict[str, str]:
    """Give what the session of an administrator sends, who may do everything."""
    ada = world.person("ada")
    return {"cookie": f"roadworthy={ada.cookies['roadworthy']}", "x-csrf-token": ada.csrf}


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
def test_the_api_does_what_it_describes(
    world: World, described: OpenApiSchema, headers: dict[str, str], mode: GenerationMode
) -> None:
    """No answer has another status, type or form than is described, to what is right or wrong; none is our fault."""
    tried = 0
    for found in described.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case[Any]) -> None:
            nonlocal tried
            tried += 1
            if mode is GenerationMode.POSITIVE and "project" in (case.path_parameters or {}):
                case.path_parameters.update(THERE)  # so that handlers are reached, and find something
            case.call_and_validate(world.url, headers=headers, excluded_checks=NOT_CHECKED)

        with contextlib.suppress(Unsatisfiable):  # an operation that takes nothing cannot be asked wrongly
            ask()

    assert tried >= 3 * EXAMPLES


def test_the_description_says_which_routes_need_a_sign_in(world: World) -> None:
    """All of the API but signing in; and it has no page of ours."""
    paths = world.nobody().get("/api/openapi.json").data["paths"]
    silent = {
        f"{method} {path}"
        for path, item in paths.items()
        for method, operation in item.items()
        if not operation.get("security")
    }

    assert silent == {"get /health", "get /api/key", "post /api/sign-in"}
    assert all(path.startswith("/api/") or path == "/health" for path in paths)
