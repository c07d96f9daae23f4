"""A lock is read for what it pins, and an environment is known by what is installed in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadworthy.build.environment import lock
from roadworthy.build.environment.installed import Installed, look

LOCK = lock.Lock(
    Path("requirements.txt"),
    """\
# made by a tool
scikit_learn==1.7.0 \\
    --hash=sha256:aa
numpy==2.2.0 ; python_full_version < '3.12' \\
    --hash=sha256:bb
numpy==2.4.0 ; python_full_version >= '3.12'
pandas[parquet]==3.0.1
    # via nothing==1.0
""",
)


def installed(**versions: str) -> Installed:
    """Return an interpreter with these distributions."""
    return Installed("3.11", tuple(sorted((name.replace("_", "-"), version) for name, version in versions.items())))


def test_pins_are_read_with_their_conditions() -> None:
    """Names are normalised; a pin under a condition may be absent."""
    assert LOCK.pins == {
        "scikit-learn": (("1.7.0",), False),
        "numpy": (("2.2.0", "2.4.0"), True),
        "pandas": (("3.0.1",), False),
    }
    assert LOCK.hashed


@pytest.mark.parametrize(
    ("there", "allowed"),
    [
        (installed(scikit_learn="1.7.0", numpy="2.4.0", pandas="3.0.1"), True),
        (installed(scikit_learn="1.7.0", pandas="3.0.1", more="1"), True),
        (installed(scikit_learn="1.7.0", numpy="1.26.4", pandas="3.0.1"), False),
        (installed(numpy="2.4.0", pandas="3.0.1"), False),
    ],
)
def test_a_lock_allows_only_what_it_pins(there: Installed, *, allowed: bool) -> None:
    """Another version, or an unconditional pin that is absent, differs from the lock."""
    assert LOCK.allows(there) is allowed


def test_what_is_not_pinned_is_named() -> None:
    """Options, comments, hashes and addresses are no loose requirements; a name alone is, and so is a range."""
    text = "--index-url x\n# a comment\nnumpy\npandas>=2  # soon\nown @ file:///wheels/own.whl\n" + (LOCK.text or "")

    assert LOCK.loose == ()
    assert lock.Lock(LOCK.path, text).loose == ("numpy", "pandas>=2")


def test_a_lock_without_pins_vouches_for_nothing() -> None:
    """An unpinned list of requirements is no lock."""
    assert not lock.Lock(Path("requirements.txt"), "pandas\nnumpy>=2\n").allows(installed(pandas="3", numpy="2"))


def test_another_lock_or_python_is_another_environment() -> None:
    """The environment's name follows the lock's text and the version of Python."""
    other = lock.Lock(LOCK.path, "pandas==3.0.2\n")

    assert len({LOCK.digest("3.11"), LOCK.digest("3.12"), other.digest("3.11")}) == 3


def test_installed_distributions_are_read_from_their_folders(tmp_path: Path) -> None:
    """Names of metadata folders suffice: nothing is imported, and the interpreter is not started."""
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in ("Scikit_Learn-1.7.0.dist-info", "old_thing-0.1-py3.11.egg-info", "numpy", "__pycache__"):
        (site / name).mkdir(parents=True)
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n", encoding="utf-8")

    found = look(tmp_path / "bin" / "python")

    assert found == Installed("3.11", (("old-thing", "0.1"), ("scikit-learn", "1.7.0")))
    assert found.digest != Installed("3.12", found.distributions).digest
