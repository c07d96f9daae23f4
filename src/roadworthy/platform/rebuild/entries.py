"""The rows of the audit, from the platform's own ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import NotFound
from roadworthy.platform.identity.audit import Audit
from roadworthy.platform.rebuild.report import Lost, Rejected, Report

if TYPE_CHECKING:
    from roadworthy.platform.rebuild.rows import Row
    from roadworthy.platform.rebuild.sources import Sources


def restore_audit(sources: Sources) -> tuple[list[Row] | None, Report]:
    """Return the rows of the audit, None when there is no telling, and what is wrong with it."""
    try:
        ledger = sources.platform()
    except NotFound as fault:
        return None, Report(lost=(Lost(None, "the audit", fault.problem),))
    audit = Audit(ledger)
    listed = list(audit.listing())
    lost = tuple(Lost(None, f"the audit's entry {one.seq}", one.fault) for one in listed if one.fault)
    forged = (Rejected(None, address, reason) for address, reason in ledger.records.faults())
    unplaced = (Rejected(None, one, "It stands in no place of the audit's chain.") for one in audit.unplaced())
    return [one.row for one in listed if one.row is not None], Report(rejected=(*forged, *unplaced), lost=lost)
