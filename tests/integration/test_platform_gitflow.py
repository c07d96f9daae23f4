"""Gitflow on a platform, as a team goes about it: a release is mended and merged, a hotfix goes its short way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import quick_project
from platform_world import PROJECT, World, until

if TYPE_CHECKING:
    from pathlib import Path

    from forge_world import Client

PROFILE = quick_project.PROFILE.format(name=PROJECT).replace("branches: trunk", "branches: gitflow")


def pushed(tree: Client, branch: str, slope: float, start: str) -> None:
    """Push a branch with another slope, begun at what *start* is on the platform now; one that is there goes on."""
    tree.git("fetch", "--quiet", "origin")
    begun = tree.attempt("rev-parse", "--verify", "--quiet", branch).returncode == 0
    tree.git("switch", "--quiet", *([branch] if begun else ["--no-track", "--create", branch, f"origin/{start}"]))
    tree.commit(f"Slope {slope}", {"params.yaml": quick_project.params(slope)})
    tree.git("push", "--quiet", "origin", branch)


def merged(world: World, branch: str, target: str | None = None) -> dict[str, Any]:
    """Wait for the check of a branch, propose it, merge it, and wait for what comes of that; return the change."""
    world.wait()
    opened = world.post("/changes", {"branch": branch, "title": branch, **({"target": target} if target else {})})
    assert opened.status == 201, opened.text
    change = f"/changes/{opened.data['number']}"
    until(lambda: world.get(change)["verdict"] == "passed", f"the check of {branch} against its target")
    done = world.post(f"{change}/merge", {"reason": ""})
    assert done.status == 200, done.text
    world.wait()
    found: dict[str, Any] = done.data
    return found


def reasons(world: World, branch: str) -> list[list[str]]:
    """Return what the events of a branch say against something, the oldest first."""
    found = [one for one in world.get("/events") if one["ref"] == f"refs/heads/{branch}"]
    return [[it["why_not"] for it in one["outcome"] if "back is due" in it.get("why_not", "")] for one in found[::-1]]


@pytest.mark.slow
def test_a_release_is_mended_and_a_hotfix_goes_its_short_way(tmp_path: Path) -> None:
    """Fixes reach a release by a push and by a change; main takes both merges; each back-merge is asked for once."""
    with World.open(tmp_path) as world:
        world.make_project()
        tree = world.tree(tmp_path / "tree")
        tree.commit("Begin", {**quick_project.files(), "profile.yaml": PROFILE})
        tree.git("push", "--quiet", "origin", "main", "main:develop")
        world.wait()
        pushed(tree, "release/1", 0.9, "develop")
        pushed(tree, "release/1", 0.8, "develop")
        fix = tree.refused("push", "origin", "HEAD:main")
        pushed(tree, "bugfix/late", 0.7, "release/1")
        changes = [merged(world, "bugfix/late", "release/1"), merged(world, "release/1")]
        after_release = reasons(world, "main")
        changes.append(merged(world, "main"))
        pushed(tree, "hotfix/wind", 0.6, "main")
        changes.append(merged(world, "hotfix/wind"))
        after_hotfix = reasons(world, "main")
        changes.append(merged(world, "main"))
        history, known = world.get("/history"), world.known()
        tree.git("fetch", "--quiet", "origin")
        lacking = tree.git("rev-list", "--count", "origin/develop..origin/main").strip()
        deliveries, audit = world.get("/deliveries"), world.ada.get("/api/audit").data
        wrong = world.post("/changes", {"branch": "bugfix/late", "target": "main", "title": "Wrong"}).data["number"]
        told = world.get(f"/changes/{wrong}")["obstacles"]

    assert "it is protected" in fix
    assert [(one["branch"], one["target"]) for one in changes] == [
        ("bugfix/late", "release/1"), ("release/1", "main"), ("main", "develop"), ("hotfix/wind", "main"),
        ("main", "develop"),
    ]  # fmt: skip
    assert [len(one) for one in after_release if one] == [1]
    assert [len(one) for one in after_hotfix if one] == [1, 1]
    assert {one["version"]: one["unreviewed"] for one in history["versions"]} == {
        "v1.0.0": False, "v1.1.0": True, "v1.2.0": True,
    }  # fmt: skip
    assert lacking == "0"
    assert {one["actor"] for one in deliveries if one["source"] == "hook"} == {"ada"}
    assert {(one["action"], one["actor"]) for one in audit} >= {
        ("account.add", "roadworthy"), ("token.create", "roadworthy"), ("push.accept", "ada"),
        ("push.refuse", "ada"), ("change.merge", "ada"),
    }  # fmt: skip
    assert not [one for one in audit if one["action"] == "push.found"]
    assert all(one["outcome"] and "events" not in one for one in deliveries)
    assert set(known) == {"main", "develop", "release/1", "bugfix/late", "hotfix/wind"}
    assert any("or as a fix to a branch for release" in one for one in told)
    assert all(one["unreviewed"] for one in changes)
