"""What a contributor's key is tried for on a platform: no fact is forged with it, nothing of others reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import quick_project
import web_world
from platform_world import PROJECT, World
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from pathlib import Path

    from forge_world import Client

PROFILE = quick_project.PROFILE.format(name=PROJECT).replace("ada: maintainer", "ada: maintainer, carl: contributor")
OTHER = "other"
HELD = {401, 403, 404, 405}


def begun(world: World, folder: Path) -> Client:
    """Make Ada's two projects, one with a contributor and a version in production, and give his working tree."""
    world.make_project()
    world.make_project(OTHER)
    tree = world.tree(folder)
    tree.commit("Begin", {**quick_project.files(), "profile.yaml": PROFILE})
    tree.git("push", "--quiet", "origin", "main")
    world.wait()
    return tree


def stated(world: World) -> dict[str, set[str]]:
    """Return the places of all that is kept and named in both projects' buckets."""
    folders = {name: world.home / "buckets" / name for name in (PROJECT, OTHER)}
    return {
        name: {str(place) for kind in ("records", "names", "objects") for place in (folder / kind).rglob("*")}
        for name, folder in folders.items()
    }


def asked(carl: web_world.Client, commit: str) -> dict[str, int]:
    """Ask for everything that is not his, and return the status of each answer."""
    here, there = f"/api/projects/{PROJECT}", f"/api/projects/{OTHER}"
    address = str(Address.of(b"forged"))
    forged = {"kind": "proof", "commit": commit}
    done = {"fence": 1, "outcome": "passed", "summary": "Every test holds.", "run": forged, "proof": forged}
    json = {
        "claim a job": ("POST", "/api/runner/claim", {"owner": "carl", "kinds": ["check"]}),
        "hand in a proof": ("POST", "/api/runner/jobs/1/complete", done),
        "write a job's log": ("POST", "/api/runner/jobs/1/log", {"fence": 1, "offset": 0, "text": "x"}),
        "deploy": ("POST", f"{here}/deployments", {"version": "v1.0.0", "environment": "production"}),
        "roll back": ("POST", f"{here}/rollbacks", {"environment": "production"}),
        "put a secret": ("POST", f"{here}/secrets", {"name": "X", "value": "y"}),
        "remove the project": ("POST", f"{here}/remove", {"name": PROJECT}),
        "read the other project": ("GET", there, None),
        "read the other's records": ("GET", f"{there}/records", None),
        "change the other project": ("POST", f"{there}/changes", {"branch": "x", "target": "main", "title": "x"}),
        "list accounts": ("GET", "/accounts", None),
        "read the platform's audit": ("GET", "/api/audit", None),
        "invite": ("POST", "/api/invitations", {"project": OTHER}),
    }
    found = {what: carl.send(method, path, data).status for what, (method, path, data) in json.items()}
    places = {
        "write a record": f"/buckets/{PROJECT}/records/{address}",
        "write a name": f"/buckets/{PROJECT}/names/stage/forged",
        "write out of the bucket": f"/buckets/{PROJECT}/objects/..%2f..%2f..%2fplatform.db",
        "write to the other's bucket": f"/buckets/{OTHER}/objects/{address}",
        "write to the other's records": f"/buckets/{PROJECT}/../{OTHER}/objects/{address}",
    }
    puts = {what: carl.ask("PUT", path, b"forged", {"content-length": "6"}).status for what, path in places.items()}
    return found | puts | {"read the other's bucket": carl.get(f"/buckets/{OTHER}/objects/{address}").status}


@pytest.mark.slow
def test_a_contributors_key_forges_nothing(tmp_path: Path) -> None:
    """No approval, proof, cache entry, version or deployment comes of it, and B answers as if there were none."""
    with World.open(tmp_path) as world:
        tree = begun(world, tmp_path / "tree")
        token = world.command("account", "add", "carl", "--token", "t").strip()
        carl = web_world.Client(int(world.url.rpartition(":")[2]), token=token)
        before = stated(world)
        answers = asked(carl, tree.head())
        tree.git("remote", "set-url", "origin", world.remote().replace(f"ada:{world.token}", f"carl:{token}"))
        own = tree.attempt("ls-remote", "origin").returncode
        tree.git("commit", "--quiet", "--allow-empty", "--message", "Mine")
        claims = {name: ["tag", "--annotate", name, "--message", f"record: {Address.of(b'forged')}"]
                  for name in ("late@v9.0.0", "late#production#9")}  # fmt: skip
        for command in claims.values():
            tree.git(*command)
        pushes = [tree.attempt("push", "origin", what).returncode for what in (*claims, "HEAD:main", ":main")]
        tree.git("remote", "set-url", "origin", world.remote(OTHER).replace(f"ada:{world.token}", f"carl:{token}"))
        others = [tree.attempt(*what).returncode for what in (["ls-remote", "origin"], ["push", "origin", "HEAD:x"])]
        world.wait()
        after, faults = stated(world), world.ada.get("/api/audit/verified").data["faults"]

    assert own == 0
    assert {what: status for what, status in answers.items() if status not in HELD} == {}
    assert 0 not in pushes
    assert 0 not in others
    assert len(before[PROJECT]) > len(before[OTHER]) > 0
    assert after == before
    assert faults == []
