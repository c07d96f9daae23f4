"""Where a platform keeps what served models answered: in the bucket, also what earlier versions left in `work/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.app.server.home import Home
from roadworthy.app.server.tend.predictions import adopt_predictions
from roadworthy.ledger.predictions import segment
from roadworthy.ledger.predictions.segment import SegmentWriter
from roadworthy.operate.serve.log import secret_in

if TYPE_CHECKING:
    from pathlib import Path


def left(home: Home, environment: str, rows: int) -> bytes:
    """Leave predictions and their secret where an earlier version did, and return the secret."""
    kept = home.work / "flights" / "serve" / environment / ".roadworthy" / "predictions"
    with SegmentWriter(kept / environment) as writer:
        writer.append([{"row": number} for number in range(rows)])
    return secret_in(kept / "secret")


def test_what_was_left_in_clones_is_moved(tmp_path: Path) -> None:
    """Every row and both secrets are where they are kept from now on; doing it again does nothing."""
    home = Home(tmp_path)
    secrets = {name: left(home, name, 3) for name in ("staging", "production")}
    moved = (adopt_predictions(home), adopt_predictions(home))

    assert moved == (4, 0)
    assert {name: secret_in(home.pseudonyms("flights", name)) for name in secrets} == secrets
    assert [row["row"] for row in segment.read(home.predictions("flights", "production"))] == [0, 1, 2]
    assert [place for place in home.work.rglob("*") if place.is_file()] == []


def test_a_move_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    """What was moved before the server was killed stays, and the rest follows."""
    home = Home(tmp_path)
    left(home, "production", 2)
    adopt_predictions(home)
    secret = secret_in(home.pseudonyms("flights", "production"))
    left(home, "production", 5)
    adopt_predictions(home)

    assert secret_in(home.pseudonyms("flights", "production")) == secret
    assert len(list(segment.read(home.predictions("flights", "production")))) == 7
