"""`roadworthy up --url`: a platform that people reach through a proxy tells them the proxy's address."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

ROADWORTHY = Path(sys.executable).parent / "roadworthy"


def test_links_and_repositories_bear_the_address_of_the_proxy(tmp_path: Path) -> None:
    """The link of the first administrator begins with it; the server itself is found where it listens."""
    home = tmp_path / "home"
    command = [
        str(ROADWORTHY),
        "up",
        "--home",
        str(home),
        "--port",
        "0",
        "--runners",
        "0",
        "--url",
        "https://ml.example.com/",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = [server.stdout.readline()]
        while "/join/" not in said[-1]:  # what it says of its confinement depends on the machine
            said.append(server.stdout.readline())
            assert said[-1], said
        state = json.loads((home / "up.json").read_text(encoding="utf-8"))
        with urlopen(f"{state['url']}/health") as answer:  # noqa: S310 - the server's own address
            health = json.load(answer)
        server.terminate()

    assert said[0].startswith(f"Roadworthy is up at {state['url']};")
    assert "within a day: https://ml.example.com/join/" in said[-1]
    assert health["status"] == "ready"


@pytest.mark.parametrize("url", ["ml.example.com", "ftp://ml.example.com"])
def test_what_is_no_address_is_refused(url: str, tmp_path: Path) -> None:
    """An address without a scheme would make links that lead nowhere."""
    done = subprocess.run(
        [ROADWORTHY, "up", "--home", tmp_path / "home", "--url", url], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "is no address of a server" in done.stderr
    assert not (tmp_path / "home").exists()
