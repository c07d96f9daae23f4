"""Which addresses the server may reach: those that are public, and those that an administrator allowed."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TYPE_CHECKING, Self

from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = IPv4Address | IPv6Address
# Public by their number, and all the same of our own surroundings: a cloud's metadata; what carries packets for IPv4
# inside of IPv6 past whatever is said here of IPv4.
_INSIDE = tuple(
    ip_network(one)
    for one in (
        "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48",
        "2001::/23", "2002::/16",
    )
)  # fmt: skip
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an administrator allowed beside what is public: networks, and hosts by their names."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, said: Iterable[str]) -> Self:
        """Return what was *said*: networks such as `10.1.0.0/16`, addresses, names of hosts.

        Raises:
            UsageError: One of them is none of these.
        """
        networks, hosts = [], set()
        for one in said:
            try:
                networks.append(ip_network(one.strip("[]")))
            except ValueError as fault:
                name = plain(one)
                if "/" in name or ":" in name or not name or name.replace(".", "").isdigit():
                    raise UsageError(
                        f"{one!r} is neither a network nor the name of a host: {fault}.",
                        remedy="Write `10.1.0.0/16`, `127.0.0.1` or `hooks.example.org`.",
                    ) from fault
                hosts.add(name)
        return cls(tuple(networks), frozenset(hosts))

    def names(self, host: str, address: Address) -> bool:
        """Whether an administrator allowed *host*, or the *address* that it stands at."""
        at = (address if isinstance(address, IPv4Address) else address.ipv4_mapped) or address
        return plain(host) in self.hosts or any(at in network for network in self.networks)


def plain(host: str) -> str:
    """Return the name of a host as it is compared."""
    return host.strip().rstrip(".").lower()


def carried(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address is another way to write, or reaches through a translator."""
    if isinstance(address, IPv4Address):
        return None
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address.ipv4_mapped


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet."""
    inner = carried(address)
    if inner is not None:
        return is_public(inner)
    is_near = any(address in network for network in _INSIDE) or getattr(address, "scope_id", None) is not None
    return address.is_global and not (is_near or address.is_multicast or address.is_reserved)
