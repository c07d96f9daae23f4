"""What a new user is told to type, done as it is written: the first tutorial, and the README of a new project."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rendered import made

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "first.md"
PORT = "8080"  # as the tutorial says; another one here, so that two can be done at once
SECONDS = 600


def blocks(page: Path) -> list[str]:
    """Return the shell blocks of a page, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def scripted(page: Path) -> str:
    """Return the shell blocks of a page as one script."""
    return "\n".join(f"echo '### block {number}'\n{block}" for number, block in enumerate(blocks(page), 1))


def typed(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in *folder*, in one shell that stops at the first command that fails."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS,
    )  # fmt: skip


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.mark.slow
def test_the_tutorial_works_as_it_is_written(tmp_path: Path) -> None:
    """Every shell block of the tutorial succeeds, one after another, in one shell in a new folder."""
    script = scripted(TUTORIAL).replace(f":{PORT}", f":{(port := free_port())}")
    done = typed(script.replace(f"--port {PORT}", f"--port {port}"), tmp_path)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "delay@v1.0.0" in done.stdout
    assert "The answer is no: exit status 3" in done.stdout
    assert '"versions":["v0.1.0"]' in done.stdout
    assert len(blocks(TUTORIAL)) > 10


@pytest.mark.slow
def test_the_readme_of_a_new_project_works_as_it_is_written(tmp_path: Path) -> None:
    """Whoever types what the project's own README says gets a baseline in production and a change to review."""
    folder = made(tmp_path / "flights")
    done = typed(scripted(folder / "README.md"), folder)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "Released delay@v0.1.0" in done.stdout
    assert "Summary:" in done.stdout
