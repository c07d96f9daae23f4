"""Which version a rollback puts back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.versions.read import Deployment
from roadworthy.operate.release.rollback import previous

DAY = datetime(2026, 5, 14, tzinfo=UTC)


def deployments(*told: str) -> list[Deployment]:
    """Return deployments of the versions told; `<` before one says that it was a rollback."""
    return [
        Deployment(
            model="delay",
            environment="production",
            number=number,
            version=one.removeprefix("<"),
            tag=f"delay#production#{number}",
            commit="c" * 40,
            record=Address.of(one.encode()),
            at=DAY + timedelta(hours=number),
            local=True,
            rollback=one.startswith("<"),
        )
        for number, one in enumerate(told, start=1)
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], None),
        (["v1"], None),
        (["v1", "v2"], "v1"),
        (["v1", "v2", "v3"], "v2"),
        (["v1", "v2", "v3", "<v2"], "v1"),
        (["v1", "v2", "<v1"], None),
        (["v1", "v2", "<v1", "v3"], "v1"),
        (["v1", "v2", "v1"], "v2"),
        (["v1", "v1"], None),
    ],
)
def test_the_previous_version(told: list[str], expected: str | None) -> None:
    """A rollback goes to the version that stood before, and a second one further back, never to what was left."""
    assert previous(deployments(*told)) == expected


@given(st.lists(st.sampled_from(["v1", "v2", "v3", "v4"]), min_size=1, max_size=12))
def test_rolling_back_ends(told: list[str]) -> None:
    """Each rollback leaves one version less to go back to, and none puts back what is there."""
    story = list(told)
    steps = 0
    while (back := previous(deployments(*story))) is not None:
        assert back != story[-1].removeprefix("<")
        story.append(f"<{back}")
        steps += 1

    assert steps <= len(told)
