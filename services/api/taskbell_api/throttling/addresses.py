"""Whose address a request came from."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request


def address_key(request: Request) -> str:
    """Return what the uses of one address are counted under.

    uvicorn has put the client there, from X-Forwarded-For only if a trusted proxy sent it.
    """
    return key_of(request.client.host if request.client else "")


def key_of(host: str) -> str:
    """Return an IPv4 address as it is, and for IPv6 the /64 that one customer has to himself.

    What is no address (a Unix socket has none) is taken as it is.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False))
