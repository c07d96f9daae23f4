"""What of the disk is shown to confined processes: what is named, each with what may be done with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadworthy.adapters.confinement.bubblewrap.arguments import arguments
from roadworthy.build.environment.lock import Lock, refuse_all_but_pins
from roadworthy.build.workplace.confinement import Reach
from roadworthy.errors import EnvironmentFailed

PLAIN = """numpy==2.1.0
# a comment
pandas[performance]==2.2.0 ; python_version > '3.10' \\
    --hash=sha256:ab  # via x
"""


def mounts(reach: Reach) -> list[tuple[str, str]]:
    """Return how each place of *reach* is mounted, in order."""
    words = arguments(reach, reach.project)
    return [
        (word, words[at + 1])
        for at, word in enumerate(words[:-2])
        if word in {"--bind", "--ro-bind", "--tmpfs"} and words[at + 1].startswith(reach.project)
    ]


def test_what_lies_in_a_hidden_folder_is_shown_on_top_of_it(tmp_path: Path) -> None:
    """The folder is emptied before what is needed of it is mounted there: the other order would hide that."""
    project, state = tmp_path, tmp_path / ".roadworthy"
    (state / "kit").mkdir(parents=True)
    places = {str(project): True, str(state): False, str(project / "absent"): False}
    reach = Reach(str(project), places, reads=(str(state / "kit"),), hidden=(str(state),))

    assert mounts(reach) == [("--bind", str(project)), ("--tmpfs", str(state)), ("--ro-bind", str(state / "kit"))]


def test_the_network_is_closed_unless_it_is_asked_for(tmp_path: Path) -> None:
    """Who says nothing gets none."""
    assert "--unshare-net" in arguments(Reach(str(tmp_path), {}), "/")
    assert "--unshare-net" not in arguments(Reach(str(tmp_path), {}, network=True), "/")


def test_a_lock_of_pins_is_taken() -> None:
    """Versions, extras, conditions, hashes and comments are what a lock holds."""
    refuse_all_but_pins(Lock(Path("requirements.txt"), PLAIN))


@pytest.mark.parametrize(
    "line",
    [
        "-e .", "--no-binary :all:", "--index-url https://example.com", "-r other.txt", "./evil", "evil @ file:///evil",
        "numpy>=2", "numpy==2.1.0 --no-binary numpy", "numpy==2.1.0 ; x > '1' --no-binary numpy", "https://example.com/x.whl",
        "numpy==2.1.0 --config-settings x=y", "numpy==2.1.0 @ file:///evil",
    ],
)  # fmt: skip
def test_a_lock_that_could_have_code_run_is_refused(line: str) -> None:
    """Options, paths and addresses could have something built, which runs its code outside of any confinement."""
    with pytest.raises(EnvironmentFailed, match="no pinned version"):
        refuse_all_but_pins(Lock(Path("requirements.txt"), f"{PLAIN}{line}\n"))
