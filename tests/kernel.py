"""What tests of confinement need of the machine's kernel."""

from __future__ import annotations

import os

import pytest

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
