"""`roadworthy learning-curve`: whether more rows would help, and what the seed alone does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from roadworthy.app.hardening.learning_curve import learning_curve_here
from roadworthy.cli.progress import Progress
from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from roadworthy.app.hardening.learning_curve import Curve
    from roadworthy.prove.measures import Interval

_WHOLE = 100.0


@click.command(name="learning-curve")
@click.option(
    "--parts", default="12.5,25,50,100", show_default=True, help="Per cent of the training rows, with commas between."
)
@click.option(
    "--seeds", default=1, show_default=True, type=click.IntRange(1, 50), help="Seeds that each part is learned with."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(parts: str, seeds: int, *, as_json: bool) -> None:
    """Learn from parts of the training rows, with several seeds where asked, and measure the primary metric.

    The recipe of the last run is followed once for each part and seed. The interval is over the reference rows and,
    from two seeds on, over the seeds too. `--parts 100 --seeds 5` shows what the seed alone does.
    """
    shares = _shares(parts)
    with Progress("Learning from parts of the rows") as progress:

        def tell(number: int, of: int, what: str) -> None:
            progress.label = f"Learning from {what} ({number + 1} of {of})"

        found = learning_curve_here(shares, seeds, tell)
    if as_json:
        click.echo(json.dumps(_document(found), indent=2))
        return
    click.secho(f"{found.metric} by training rows:", bold=True)
    for one in found.points:
        each = ", ".join("undefined" if value is None else f"{value:.4f}" for value in one.each)
        spread = f"  seeds: {each}" if len(one.each) > 1 else ""
        click.echo(f"  {_WHOLE * one.share:6.4g} %  {one.rows:>10,}  {_said(one.value)}{spread}")
    if found.last_gain is not None and found.last_gain["low"] is not None:
        helps = found.last_gain["low"] > 0
        end = "more rows like these may well help" if helps else "nothing shows that more rows like these would help"
        click.echo(f"The last step made it better by {_said(found.last_gain, sign=True)}: {end}.")


def _shares(parts: str) -> list[float]:
    try:
        found = [float(one) / _WHOLE for one in parts.split(",")]
    except ValueError:
        found = []
    if not found or not all(0 < one <= 1 for one in found):
        raise UsageError(
            f"--parts {parts} is no list of shares.", remedy="Write per cent above 0, up to 100: `--parts 10,50,100`."
        )
    return found


def _said(value: Interval, *, sign: bool = False) -> str:
    form = "+.4f" if sign else ".4f"
    if value["value"] is None:
        return "undefined"
    ends = (
        "" if value["low"] is None or value["high"] is None else f" ({value['low']:{form}} to {value['high']:{form}})"
    )
    return f"{value['value']:{form}}{ends}"


def _document(found: Curve) -> dict[str, object]:
    points = [
        {"share": one.share, "rows": one.rows, "value": one.value, "each": list(one.each)} for one in found.points
    ]
    return {"metric": found.metric, "points": points, "last_gain": found.last_gain, "record": found.record}
