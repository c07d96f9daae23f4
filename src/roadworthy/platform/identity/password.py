"""Passwords: hashed slowly, and compared in the same time whether or not there is an account.

Source:
    RFC 9106 (Argon2); OWASP Password Storage Cheat Sheet, for the memory; NIST SP 800-63B, for what may be a password.
"""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from roadworthy.errors import UsageError

LEAST, MOST = 12, 256  # characters
MEMORY_KIB, PASSES, LANES = 32 * 1024, 3, 1  # some 60 ms
_AT_ONCE = 2  # hashes: a crowd that signs in costs 64 MiB, not 2 GiB
_HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID)
_TURN = threading.BoundedSemaphore(_AT_ONCE)
# Of random bytes that were thrown away, with the parameters above: what an unknown account is compared with.
NOBODY = "$argon2id$v=19$m=32768,t=3,p=1$mGRhVQ6VHuyG6OYirwBQAA$q376/FMFhR1BgtLp9OL+4Jfb2y5yUCngUSHesVcJn28"


def hashed(password: str) -> str:
    """Return what is kept of *password*: an Argon2id hash with its salt and parameters."""
    with _TURN:
        return _HASHER.hash(_normal(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether *password* is the one that *kept* was made of; as slow for None, when there is none."""
    if len(password) > MOST:
        return False
    with _TURN:
        try:
            _HASHER.verify(kept or NOBODY, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether *kept* was made with other parameters than are in force."""
    return _HASHER.check_needs_rehash(kept)


def check(password: str, name: str) -> None:
    """Refuse what is easily guessed.

    Raises:
        UsageError: It is too short or too long, or contains the account's name, or is one character again and again.
    """
    if not LEAST <= len(password) <= MOST:
        raise UsageError(
            f"A password has {LEAST} to {MOST} characters; this one has {len(password)}.",
            remedy="Take four words, or let a password manager make one.",
        )
    if name.lower() in password.lower() or len(set(password)) == 1:
        raise UsageError(
            "This password is easily guessed: it is the account's name with little around it, or one character.",
            remedy="Take four words, or let a password manager make one.",
        )


def _normal(password: str) -> bytes:
    # The same letters typed on another keyboard are the same password. A lone surrogate cannot be encoded otherwise.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
