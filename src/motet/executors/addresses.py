"""Which addresses are public, and sockets that lead to no others."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

__all__ = ["PublicSockets", "is_public"]

_NAT64: Final = ip_network("64:ff9b::/96")  # https://www.rfc-editor.org/rfc/rfc6052#section-2.1
_ELSEWHERE: Final = tuple(
    # What the ipaddress module of Python 3.11 calls global, and the registry of special addresses does not:
    # https://www.iana.org/assignments/iana-ipv4-special-registry, and -ipv6-
    ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16", "fec0::/10")
)


def is_public(address: str) -> bool:
    """Tell whether an address belongs to the public internet: it is not private, local, reserved or multicast.

    Args:
        address: IPv4 or IPv6, as the system writes it.
    """
    meant = _meant(ip_address(address.partition("%")[0]))
    if meant.is_multicast or meant.is_reserved or any(meant in network for network in _ELSEWHERE):
        return False
    return meant.is_global


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the address that packets go to in the end: one of IPv6 may stand for one of IPv4."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


class PublicSockets:
    """Makes the sockets of connections, to public addresses alone.

    It sees the very address that is connected to, so it does not matter how that was found: written in any notation,
    resolved, resolved anew, or redirected to.

    Attributes:
        refused: The addresses that were not.
    """

    def __init__(self) -> None:
        self.refused: list[str] = []

    def __call__(self, info: tuple[Any, ...]) -> socket.socket:
        """Make a socket.

        Args:
            info: Family, kind, protocol, name and address, as `socket.getaddrinfo` gives them.

        Raises:
            PermissionError: The address is not public.
        """
        family, kind, protocol, _, address = info
        if not is_public(str(address[0])):
            self.refused.append(str(address[0]))
            raise PermissionError(f"{address[0]} is no public address")
        return socket.socket(family, kind, protocol)
