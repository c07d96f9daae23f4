"""An example of every command, as one would type it, for the end of its help."""

from __future__ import annotations

import click

EXAMPLES: dict[str, str] = {
    "new": "roadworthy new flight-delay --template tabular --yes",
    "template update": "roadworthy template update",
    "check": "roadworthy check",
    "schema": "roadworthy schema requirements",
    "data add": "roadworthy data add data/train.csv",
    "data update": "roadworthy data update flights",
    "data status": "roadworthy data status",
    "data fetch": "roadworthy data fetch data/train.csv --bucket /mnt/shared/bucket",
    "data push": "roadworthy data push --bucket /mnt/shared/bucket",
    "data diff": "roadworthy data diff main",
    "status": "roadworthy status",
    "run": "roadworthy run train",
    "why": "roadworthy why train",
    "params diff": "roadworthy params diff main",
    "metrics diff": "roadworthy metrics diff main",
    "test": "roadworthy test --junit build/junit.xml",
    "review": "roadworthy review main..HEAD --open",
    "release": "roadworthy release --bump minor",
    "deploy": "roadworthy deploy v1.0.0 --to production",
    "rollback": "roadworthy rollback production --expect v1.1.0",
    "history": "roadworthy history --as-of 2026-01-31",
    "serve": "roadworthy serve production --port 8080",
    "up": "roadworthy up --home platform --port 8700",
    "down": "roadworthy down --home platform",
    "account add": "roadworthy account add ada --admin --home platform",
    "account list": "roadworthy account list --home platform",
    "logs": "roadworthy logs server --lines 50 --home platform",
    "rebuild": "roadworthy rebuild --plan --home platform",
    "project create": "roadworthy project create flight-delay",
    "project show": "roadworthy project show",
    "project url": 'curl "$(roadworthy project url production)/v2/health/ready"',
    "project list": "roadworthy project list --platform https://ml.example.com",
    "change open": "roadworthy change open --to main",
    "change list": "roadworthy change list",
    "change show": "roadworthy change show 1",
    "change merge": "roadworthy change merge 1",
    "change close": "roadworthy change close 1",
    "events list": "roadworthy events list",
    "events explain": "roadworthy events explain 7",
    "events replay": "roadworthy events replay 7",
    "jobs list": "roadworthy jobs list",
    "jobs show": "roadworthy jobs show 3",
    "jobs log": "roadworthy jobs log 3 --follow",
    "jobs cancel": "roadworthy jobs cancel 3",
    "jobs retry": "roadworthy jobs retry 3",
    "jobs wait": "roadworthy jobs wait --seconds 600",
    "plan": "roadworthy plan feature/boosting",
    "rules show": "roadworthy rules show",
    "audit list": "roadworthy audit list",
    "audit verify": "roadworthy audit verify",
    "login": "roadworthy login https://ml.example.com",
    "logout": "roadworthy logout https://ml.example.com",
    "credential": "git config credential.https://ml.example.com.helper '!roadworthy credential'",
    "demo": "roadworthy demo --keep demo",
    "doctor": "roadworthy doctor",
    "completion": "roadworthy completion bash >> ~/.bashrc",
}


def attach(name: str, command: click.Command) -> None:
    """Let the help of the command called *name*, and of every one in it, end with its example."""
    example = EXAMPLES.get(name)
    if example is not None:
        command.epilog = f"\b\nExample:\n  {example}"
    if isinstance(command, click.Group):
        for inner, one in command.commands.items():
            attach(f"{name} {inner}", one)
