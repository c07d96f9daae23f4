"""What tests of confinement need of the machine's kernel."""

from __future__ import annotations

import os

import pytest

from roadworthy.adapters.confinement.bubblewrap.confinement import program
from roadworthy.adapters.confinement.linux import follow, landlock


def needed() -> None:
    """Skip a test where the kernel has no Landlock, or no seccomp that asks; fail it in CI."""
    missing = [
        name
        for name, is_there in (("Landlock of Linux 5.19", landlock.version() > 0), ("seccomp", follow.is_possible()))
        if not is_there
    ]
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI needs a kernel with {' and '.join(missing)}")
    if missing:
        pytest.skip(f"this machine's kernel has no {' and no '.join(missing)}")


def needed_bubblewrap() -> None:
    """Skip a test where bubblewrap does not work; fail it in CI."""
    if program() is None and os.environ.get("CI"):
        pytest.fail("CI needs bubblewrap, and a kernel that grants user namespaces: scripts/services install")
    if program() is None:
        pytest.skip("bubblewrap does not work on this machine: scripts/services install")
