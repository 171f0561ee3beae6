"""Which addresses of the internet may be reached for somebody else."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED_4 = [
    IPv4Network(one)
    for one in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by the customers of a provider (CGNAT); metadata at one cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # public by its number, but inside one cloud its control service
        "169.254.0.0/16",  # link-local: metadata at most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # to IPv6 and back
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
]

_OPEN_6 = IPv6Network("2000::/3")
"""All that is public. Outside: loopback, link-local, private, multicast, IPv4-mapped, NAT64 …"""

_CLOSED_6 = [
    IPv6Network(one)
    for one in (
        "2001::/23",  # for protocols; in it Teredo, which holds IPv4 addresses
        "2001:db8::/32",
        "2002::/16",  # 6to4: holds IPv4 addresses
        "3fff::/20",
    )
]


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the internet, not to a network of ours or to nobody.

    Written out, rather than `is_global`: that one differs between versions of Python, counts
    multicast as global, and knows nothing of IPv4 addresses inside of IPv6 ones.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)


def parse_networks(values: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks that a setting names. Raises `ValueError`."""
    try:
        return tuple(ip_network(value) for value in values)
    except ValueError as error:
        raise ValueError(f"must be networks such as 10.0.0.0/8, with commas: {error}") from None
