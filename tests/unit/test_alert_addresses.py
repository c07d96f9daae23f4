"""What the server may reach: public addresses, however they are written, and what an administrator allowed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.adapters.outgoing.http.allowed import Allowed, is_public
from roadworthy.adapters.outgoing.http.client import split
from roadworthy.errors import UsageError

INSIDE = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::/96", "64:ff9b:1::/48",
    "2001:db8::/32", "2001::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip


@pytest.mark.parametrize("network", INSIDE)
@given(data=st.data())
def test_an_address_of_our_surroundings_is_not_public(network: str, data: st.DataObject) -> None:
    """Loopback, private, link-local, metadata, multicast, reserved, and IPv6 that carries IPv4: none of any network."""
    inside = ip_network(network)
    address = inside[data.draw(st.integers(0, inside.num_addresses - 1))]

    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_however_it_is_written(address: IPv4Address) -> None:
    """One of IPv4 inside of one of IPv6, or behind a translator, is judged by itself."""
    mapped = IPv6Address(f"::ffff:{address}")
    translated = IPv6Address(int(IPv6Address("64:ff9b::")) | int(address))

    assert is_public(mapped) == is_public(translated) == is_public(address)


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public_is_reached(text: str) -> None:
    """Not everything is refused."""
    assert is_public(ip_address(text))


def test_an_administrator_allows_networks_and_hosts() -> None:
    """A network takes in its addresses, also mapped ones; a name is compared without its case and its last dot."""
    allowed = Allowed.of(["10.1.0.0/16", "::1", "Hooks.Example.org."])

    assert allowed.names("x", ip_address("10.1.2.3"))
    assert allowed.names("x", ip_address("::ffff:10.1.2.3"))
    assert allowed.names("hooks.example.org", ip_address("192.168.0.1"))
    assert not allowed.names("example.org", ip_address("10.2.0.1"))
    assert not allowed.names("x", ip_address("64:ff9b::10.1.2.3"))


@pytest.mark.parametrize("said", ["10.1.0.0/99", "300.1.1.1", "10.0.0.1/8", "http://host", ""])
def test_what_cannot_be_allowed_is_told(said: str) -> None:
    """A mistyped network is not taken for the name of a host."""
    with pytest.raises(UsageError, match="neither a network"):
        Allowed.of([said])


@pytest.mark.parametrize("url", [
    "https://user@example.org/", "https://user:key@example.org/", "https://example.org@127.0.0.1/", "ftp://example.org/",
    "file:///etc/passwd", "https://", "example.org", "https://example.org:99999/", "https://exa mple.org/",
    "https://example.org/\r\nX: y", "https://[fe80::1%25lo]/", "https://example.org\\@127.0.0.1/", "https://exämple.org/",
    "gopher://127.0.0.1:25/", "https://[::1/",
])  # fmt: skip
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    """With a user, a line break, a scope, another scheme; and what is refused is not repeated, for it may be secret."""
    with pytest.raises(UsageError, match="no address of the web") as told:
        split(url)

    assert len(url) < 9 or url not in str(told.value)
