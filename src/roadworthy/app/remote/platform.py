"""The address of a platform, and whether a token may be sent to it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from roadworthy.errors import UsageError

INSECURE = "ROADWORTHY_INSECURE_HTTP"
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_BUCKET = re.compile(r"/buckets/(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,99})/?")


@dataclass(frozen=True, slots=True)
class Platform:
    """Where a platform answers; two addresses that mean the same are equal."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """Its address, as everything about it is kept."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def is_here(self) -> bool:
        """Whether what is sent to it does not leave this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def platform_of(url: str) -> Platform:
    """Return the platform at *url*.

    Raises:
        UsageError: It is the address of something else.
    """
    found, rest = _parts(url)
    if rest not in {"", "/"}:
        raise UsageError(f"{url!r} is not the address of a platform alone.", remedy=f"Name {found.url}.")
    return found


def platform_at(url: str) -> Platform:
    """Return the platform that *url* names, or something on it.

    Raises:
        UsageError: It is no address.
    """
    return _parts(url)[0]


def bucket_of(url: str) -> tuple[Platform, str]:
    """Return the platform and the project of the bucket at *url*.

    Raises:
        UsageError: It is the address of something else.
    """
    found, rest = _parts(url)
    bucket = _BUCKET.fullmatch(rest)
    if bucket is None:
        raise UsageError(f"{url!r} is not the address of a bucket.", remedy=f"Name {found.url}/buckets/PROJECT.")
    return found, bucket["name"]


def refuse_in_the_clear(platform: Platform) -> None:
    """Refuse to send a token where others on the way can read it.

    Raises:
        UsageError: The platform is on another machine, and not spoken with over https.
    """
    if platform.scheme == "https" or platform.is_here or os.environ.get(INSECURE) == "1":
        return
    raise UsageError(
        f"{platform.url} is not https: whoever is on the way could read your token, and act as you.",
        remedy=f"Use https://{platform.host}; or, where nobody else is on the way, set {INSECURE}=1.",
    )


def _parts(url: str) -> tuple[Platform, str]:
    remedy = "Write it as the browser shows it, such as https://ml.example.com or http://127.0.0.1:8700."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as fault:
        raise UsageError(f"{_shown(url)} is no address.", remedy=remedy) from fault
    if parts.username is not None or parts.password is not None:
        raise UsageError("An address holds no name and no password.", remedy="Log in with `roadworthy login URL`.")
    is_plain = url.isascii() and url.isprintable() and " " not in url and not (parts.query or parts.fragment)
    if parts.scheme not in _PORTS or not is_plain or not _is_host(host) or port == 0:
        raise UsageError(f"{_shown(url)} is not the address of a platform.", remedy=remedy)
    return Platform(parts.scheme, host, port or _PORTS[parts.scheme]), parts.path


def _is_host(host: str) -> bool:
    try:
        return bool(_HOST.fullmatch(host)) or bool(ip_address(host))
    except ValueError:
        return False


def _shown(url: str) -> str:
    return ascii(url[:200])
