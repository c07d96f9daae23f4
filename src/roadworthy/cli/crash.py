"""What is said when a command fails: a problem and its remedy, or, for a bug of ours, a log file to paste.

A command that was asked for JSON says it on standard output too, as its one document.
"""

from __future__ import annotations

import json
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
_INTERRUPTED = 130
_PIPE_CLOSED = 141  # 128 + SIGPIPE, as a shell reports it


def explain(fault: BaseException, *, as_json: bool = False) -> int:
    """Say on standard error what *fault* means, and return the exit status for it; as JSON on standard output too."""
    match fault:
        case RoadworthyError():
            tell(fault)
            return _ended(fault.problem, fault.remedy, fault.status, as_json=as_json)
        case click.ClickException():
            fault.show()
            remedy = "See what the command takes with `--help`."
            return _ended(fault.format_message(), remedy, fault.exit_code, as_json=as_json)
        case click.Abort() | KeyboardInterrupt():
            click.secho("Interrupted.", err=True)
            remedy = "Give the command again: what was finished is kept."
            return _ended("Interrupted.", remedy, _INTERRUPTED, as_json=as_json)
        case BrokenPipeError():
            return _closed_pipe()
        case _:
            return _report(fault, as_json=as_json)


def tell(fault: RoadworthyError) -> None:
    """Say on standard error what is wrong and what to do about it."""
    click.secho(f"Error: {fault.problem}", fg="red", err=True)
    click.echo(fault.remedy, err=True)


def _ended(problem: str, remedy: str, status: int, *, as_json: bool) -> int:
    if as_json:
        document = {"error": {"problem": problem, "remedy": remedy, "status": status}}
        try:
            click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        except BrokenPipeError:
            return _closed_pipe()
    return status


def _report(fault: BaseException, *, as_json: bool) -> int:
    handle, name = tempfile.mkstemp(prefix="roadworthy-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write(f"roadworthy {VERSION}, Python {platform.python_version()}, {platform.platform()}\n")
        log.write(f"arguments: {sys.argv[1:]}\n\n")
        log.write("".join(traceback.format_exception(fault)))
    problem = f"This is a bug in Roadworthy: {type(fault).__name__}: {fault}"
    remedy = f"Please report it, and paste {Path(name)} (read it first: it may name your files)."
    click.secho(problem, fg="red", err=True)
    click.echo(remedy, err=True)
    return _ended(problem, remedy, _OUR_BUG, as_json=as_json)


def _closed_pipe() -> int:
    # A reader that went away (`| head`) is no fault; the interpreter must not complain about it at exit either.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _PIPE_CLOSED
