"""Addresses to which nothing is sent unasked."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.public_addresses import SPECIAL_IPV4, SPECIAL_IPV6, forbidden

# The whole of IANA's registries, written down apart from the code.
REGISTERED_IPV4 = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
    *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"),
)
REGISTERED_IPV6 = (
    *("::1/128", "::/128", "::/96", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64"),
    *("2001::/23", "2001::/32", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28"),
    *("2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    *("5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
)
V4 = st.ip_addresses(v=4)
EMBEDDINGS = {
    "mapped": lambda one: 0xFFFF << 32 | one,
    "compatible": lambda one: one,
    "translated": lambda one: 0x64_FF9B << 96 | one,
    "translated locally": lambda one: 0x64_FF9B_0001 << 80 | one,
    "6to4": lambda one: 0x2002 << 112 | one << 80 | 1,
    "Teredo server": lambda one: 0x2001_0000 << 96 | one << 64,
    "Teredo client": lambda one: 0x2001_0000 << 96 | one ^ 0xFFFF_FFFF,
}


def within(network: str) -> st.SearchStrategy[str]:
    """Return addresses of a network, its ends among them."""
    found = IPv4Network(network) if ":" not in network else IPv6Network(network)
    ends = st.sampled_from([found[0], found[-1]])
    return (ends | st.ip_addresses(network=found)).map(str)


@pytest.mark.parametrize("network", [*REGISTERED_IPV4, *REGISTERED_IPV6])
@given(data=st.data())
def test_nothing_is_sent_to_what_is_set_apart(network: str, data: st.DataObject) -> None:
    """Every address of every registered range is refused, from its first to its last."""
    assert forbidden(data.draw(within(network)))


@pytest.mark.parametrize("kind", EMBEDDINGS)
@given(data=st.data())
def test_no_notation_hides_an_address(kind: str, data: st.DataObject) -> None:
    """An IPv4 address that is refused is refused inside each kind of IPv6 address that carries one."""
    inner = data.draw(st.sampled_from(REGISTERED_IPV4).flatmap(within))

    assert forbidden(str(IPv6Address(EMBEDDINGS[kind](int(IPv4Address(inner))))))


@given(V4 | st.ip_addresses(v=6), st.sampled_from(["", "%eth0", "%1"]))
def test_whoever_else_says_not_global_is_believed(address: IPv4Address | IPv6Address, zone: str) -> None:
    """What Python's own tables call private, reserved or multicast is refused as well."""
    other = not address.is_global or address.is_multicast
    written = f"{address}{zone}" if address.version == 6 else str(address)

    assert forbidden(written) or not other


@given(st.ip_addresses(v=4) | st.ip_addresses(network="2000::/3"))
def test_public_addresses_are_fine(address: IPv4Address | IPv6Address) -> None:
    """Outside the ranges everything is the internet, also through a translator."""
    found = {forbidden(str(address))}
    if isinstance(address, IPv4Address):
        apart = any(address in one for one in SPECIAL_IPV4)
        found.add(forbidden(str(IPv6Address("64:ff9b::") + int(address))))
    else:
        apart = any(address in one for one in SPECIAL_IPV6)

    assert {apart} == found


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        *(
            ("8.8.8.8", False),
            ("1.1.1.1", False),
            ("2001:4860:4860::8888", False),
            ("64:ff9b::808:808", False),
        ),
        *(("169.254.169.254", True), ("fe80::1%eth0", True), ("fec0::1", True), ("192.88.99.1", True)),
        *(("64:ff9b::7f00:1", True), ("::ffff:10.0.0.1", True), ("4000::1", True)),
    ],
)
def test_well_known_addresses(address: str, expected: bool) -> None:  # noqa: FBT001 - drawn
    """Addresses that people know are judged as they would."""
    assert expected is forbidden(address)
