"""`roadworthy serve`: answers requests with what is deployed."""

from __future__ import annotations

import click

from roadworthy.app import later
from roadworthy.cli import complete
from roadworthy.cli.deploy import warn


@click.command(name="serve")
@click.argument("environment", shell_complete=complete.environments)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes any that is free."
)
@click.option(
    "--timeout",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.001),
    help="Seconds a model may take to answer.",
)
def command(environment: str, host: str, port: int, timeout: float) -> None:
    """Serve what is deployed in ENVIRONMENT, until it is interrupted.

    Ask it by `POST /predict` with {"records": [{"column": value, …}]}, or by the Open Inference Protocol, version 2. A
    deployment or a rollback takes over without dropping a request. Every prediction is kept in .roadworthy/predictions.
    """
    later.serve(environment, (host, port, timeout), click.echo, warn)
