"""What is said when a command fails: a problem and its remedy, or, for a bug of ours, a log file to paste."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from pathlib import Path

import click

from roadworthy.errors import RoadworthyError
from roadworthy.version import VERSION

_OUR_BUG = 70
_PIPE_CLOSED = 141  # 128 + SIGPIPE, as a shell reports it


def explain(fault: Exception) -> int:
    """Say on standard error what *fault* means, and return the exit status for it."""
    match fault:
        case RoadworthyError():
            click.secho(f"Error: {fault.problem}", fg="red", err=True)
            click.echo(fault.remedy, err=True)
            return fault.status
        case BrokenPipeError():
            return _closed_pipe()
        case _:
            return _report(fault)


def _report(fault: Exception) -> int:
    handle, name = tempfile.mkstemp(prefix="roadworthy-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write(f"roadworthy {VERSION}, Python {platform.python_version()}, {platform.platform()}\n")
        log.write(f"arguments: {sys.argv[1:]}\n\n")
        log.write("".join(traceback.format_exception(fault)))
    click.secho(f"This is a bug in Roadworthy: {type(fault).__name__}: {fault}", fg="red", err=True)
    click.echo(f"Please report it, and paste {Path(name)} (read it first: it may name your files).", err=True)
    return _OUR_BUG


def _closed_pipe() -> int:
    # A reader that went away (`| head`) is no fault; the interpreter must not complain about it at exit either.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _PIPE_CLOSED
