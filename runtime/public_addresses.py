"""Addresses to which nothing is ever sent unasked: all that IANA sets apart, however they are written.

The tables stand here rather than behind `ipaddress.is_global`, whose answer changes with Python's version.
IPv6 is judged the other way round: only what is allocated to the internet is public, so that what is set
apart tomorrow is refused today. Sockets are judged at the moment of the connection, whatever name the address
was found under.

Exception tree: ForbiddenAddressError is an OSError.
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

# IANA IPv4 Special-Purpose Address Registry, and multicast.
SPECIAL_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private use
        "100.64.0.0/10",  # shared by a carrier's customers
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link local, where clouds keep their secrets
        "172.16.0.0/12",  # private use
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private use
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
PUBLIC_IPV6 = IPv6Network("2000::/3")
# IANA IPv6 Special-Purpose Address Registry, as far as it lies in PUBLIC_IPV6.
SPECIAL_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, withdrawn
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
# What a translator at the edge of an IPv6-only network turns into the IPv4 address of the last 32 bits.
TRANSLATED = IPv6Network("64:ff9b::/96")
_LAST_32_BITS = 0xFFFF_FFFF

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
"""What `socket.getaddrinfo` says of an address: family, kind, protocol, name, and where it is."""


class ForbiddenAddressError(OSError):
    """A name leads to an address that is not public."""


def forbidden(address: str) -> bool:
    """Tell whether an IP address is anything but a public one; ValueError where it is no address."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        if parsed not in TRANSLATED:
            return parsed not in PUBLIC_IPV6 or any(parsed in network for network in SPECIAL_IPV6)
        parsed = IPv4Address(int(parsed) & _LAST_32_BITS)
    return any(parsed in network for network in SPECIAL_IPV4)


def socket_of(info: AddressInfo) -> socket.socket:
    """Return a socket for an address."""
    return socket.socket(*info[:3])


def public_socket(info: AddressInfo) -> socket.socket:
    """Return a socket for an address; ForbiddenAddressError where it is not public."""
    if forbidden(str(info[4][0])):
        raise ForbiddenAddressError("the address is not public")
    return socket_of(info)
