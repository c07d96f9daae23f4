"""A whole platform that tells: `roadworthy up` may reach loopback, a push fails, and its receiver was down."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
from typing import TYPE_CHECKING

import quick_project
from platform_world import PROJECT, World, until
from receiver import closed_port, receiving
from toy_pipeline import COMMAND

if TYPE_CHECKING:
    from pathlib import Path

ALERTS = 'alerts: [{to: "webhook:pager", on: [failed_ci]}]\n'
STAGE = '  broken: {cmd: "python -c \\"raise SystemExit(1)\\"", deps: [params.yaml]}\n'


def test_a_failing_push_is_told_once_the_receiver_is_back(tmp_path: Path) -> None:
    """The channel is set and tried by the command; what is told is signed; the push did not wait."""
    port = closed_port()
    environment = {"ROADWORTHY_ALLOW_OUTGOING": "127.0.0.1"}
    with World.open(tmp_path, environment=environment) as world:
        world.make_project()
        tree = world.tree(tmp_path / "tree")
        for name, text in quick_project.files(PROJECT).items():
            (tree.folder / name).parent.mkdir(parents=True, exist_ok=True)
            more = ALERTS if name == "profile.yaml" else ""
            broken = text.replace("stages:\n", "stages:\n" + STAGE) if name == "pipeline.yaml" else text
            (tree.folder / name).write_text(broken + more, encoding="utf-8")
        made = command(world, "set", "--json", told=f"http://127.0.0.1:{port}/hook")
        secret = json.loads(made)["secret"]
        tree.git("add", ".")
        tree.git("commit", "-q", "-m", "Begin, broken")
        tree.git("push", "-q", "origin", "HEAD:main")
        until(lambda: any(one["jobs"] and one["jobs"][0]["reason"] for one in world.get("/alerts")), "a first try")
        waiting = world.get("/alerts")[0]["jobs"][0]
        with receiving(port) as there:
            until(lambda: there.got, "the receiver to be told")
            until(lambda: world.get("/alerts")[0]["jobs"][0]["passed"], "the job to be done")
            said = command(world, "test")
            shown = command(world, "list")

    (_, headers, body), (_, _, tried) = there.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert "Connection refused" in waiting["reason"]
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert json.loads(body)["type"] == "roadworthy.failed_ci"
    assert json.loads(tried)["type"] == "roadworthy.test"
    assert said == "webhook:pager was told.\n"
    assert "failed_ci" in shown


def command(world: World, verb: str, *more: str, told: str = "") -> str:
    """Type `roadworthy alert`, and return what it printed."""
    named = [] if verb == "list" else ["webhook:pager"]
    done = subprocess.run(
        [COMMAND, "alert", verb, *named, *more, "--platform", world.url, "--project", PROJECT],
        input=told, capture_output=True, text=True, check=False, timeout=60,
        env={"ROADWORTHY_TOKEN": world.token, "PATH": "/usr/bin:/bin", "HOME": str(world.home.parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
