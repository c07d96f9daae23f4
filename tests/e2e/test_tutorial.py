"""What the documentation has people type from its first line to its last, done as it is written."""

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
DOCS = ROOT / "docs"
PORTS = ("8080", "8700")  # as the pages say; others here, so that two can be done at once
SECONDS = 600
END = "kill $(jobs -p) 2>/dev/null && wait || true"  # a platform ends what it has started, once it is told to


def blocks(page: Path) -> list[str]:
    """Return the shell blocks of a page, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def given(folder: Path) -> dict[str, str]:
    """Return the environment of whoever types: our commands, and what is kept for them in *folder* and not at home."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "XDG_CONFIG_HOME": str(folder / "config")}


def done(page: Path, folder: Path) -> str:
    """Return what the shell blocks of *page* print, one after another, in one shell in *folder*."""
    script = "\n".join(f"echo '### block {number}'\n{block}" for number, block in enumerate(blocks(page), 1))
    for port in PORTS:
        free = free_port()
        script = script.replace(f":{port}", f":{free}").replace(f"--port {port}", f"--port {free}")
    ended = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", f"trap '{END}' EXIT\n{script}"],
        cwd=folder, env=given(folder), capture_output=True, text=True, check=False, timeout=SECONDS,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    return ended.stdout


@pytest.mark.slow
def test_the_tutorial_works_as_it_is_written(tmp_path: Path) -> None:
    """A model goes to production, is replaced, a bad change is refused, and production goes back."""
    page = DOCS / "tutorial" / "first.md"
    told = done(page, tmp_path)

    assert "delay@v1.0.0" in told
    assert "The answer is no: exit status 3" in told
    assert '"versions":["v0.1.0"]' in told
    assert len(blocks(page)) > 10


@pytest.mark.slow
def test_the_tutorial_of_the_platform_works_as_it_is_written(tmp_path: Path) -> None:
    """A push becomes a version, a change is merged and deployed, answers, and is rolled back."""
    page = DOCS / "tutorial" / "platform.md"
    told = done(page, tmp_path)

    assert "Nothing is to be done." in told
    assert "The push was refused" in told
    assert re.search(r"Change 1 is merged into main as [0-9a-f]{12}, unreviewed", told)
    assert '"version":"v1.0.0"' in told
    assert "production is back at v0.1.0 (delay#production#3). It was v1.0.0." in told
    assert len(blocks(page)) > 10


@pytest.mark.slow
def test_the_tutorial_of_the_gate_works_as_it_is_written(tmp_path: Path) -> None:
    """A change is refused and explained, a part of it is accepted by name, and the mended change passes."""
    told = done(DOCS / "tutorial" / "gate.md", tmp_path)
    refused, accepted, mended = (told.index(f"### block {number}") for number in (3, 5, 6))

    assert "The tests say no: exit status 3" in told
    assert "The gate says no: exit status 3" in told[refused:accepted]
    assert re.search(r"The inputs that carry the change of the broken rows: \w+ \d+ %", told[refused:accepted])
    assert "✗ vacuous  Behaviour, more wind is never safer" in told[refused:accepted]
    assert "! accepted  Against production, flips against v1.0.0" in told[accepted:mended]
    assert "The gate still says no: exit status 3" in told[accepted:mended]
    assert "The gate says yes" in told[mended:]


@pytest.mark.slow
def test_the_tutorial_of_a_review_works_as_it_is_written(tmp_path: Path) -> None:
    """Three people: a change is refused, discussed, approved, stale, approved again from both sides, and merged."""
    told = done(DOCS / "tutorial" / "review.md", tmp_path)

    assert "Not yet: exit status 3" in told
    assert "Not Ada: exit status 4" in told
    assert re.search(r"rita, .* on train\.py:(\d+)", told)
    assert "stale: the code" in told
    assert "changed since: train.py" in told
    assert "Nobody gives both: exit status 3" in told
    assert re.search(r"/merge: Merged into main as [0-9a-f]{12}\.", told)


@pytest.mark.slow
def test_own_code_gets_to_production_as_it_is_written(tmp_path: Path) -> None:
    """Whoever brings a script and follows the guide has a version of it in production."""
    told = done(DOCS / "how-to" / "bring-your-own-code.md", tmp_path)

    assert "mean_absolute_error better than baseline" in told
    assert "time in production is now v1.0.0" in told


@pytest.mark.slow
def test_the_readme_of_a_new_project_works_as_it_is_written(tmp_path: Path) -> None:
    """Whoever types what the project's own README says gets a baseline in production and a change to review."""
    folder = made(tmp_path / "flights")
    told = done(folder / "README.md", folder)

    assert "Released delay@v0.1.0" in told
    assert "Summary:" in told


@pytest.mark.slow
def test_the_tutorial_of_testing_works_as_it_is_written(tmp_path: Path) -> None:
    """A failure is written down, fails the tests, and is lived with; a search and a score come to their end."""
    told = done(DOCS / "tutorial" / "test-a-model.md", tmp_path)

    assert "Model tests by capability" in told
    assert re.search(r"time of day +directional +1/1 passed", told)
    assert re.search(r"✓ a new carrier is answered", told)
    assert re.search(r"✓ tests/test_evenings.py::test_few_evenings_are_called_hopeless", told)
    assert re.search(r"by \d+ attacks in", told)
    assert "failure_modes/FM-001.yaml: 10 examples" in told
    assert re.search(r"✗ FM-001 late at night, and not said", told)
    assert "FM-001 is accepted until 2999-01-01" in told
    assert "Score: " in told
