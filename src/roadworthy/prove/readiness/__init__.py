"""Readiness: what of the 28 tests of the ML Test Score has been executed, lately, and with what record."""
