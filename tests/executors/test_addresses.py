"""Which addresses are public."""

import socket

import pytest

from motet.executors.addresses import PublicSockets, is_public

PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "172.32.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]

OTHER = {
    "this host": ["0.0.0.0", "0.1.2.3", "::"],  # noqa: S104 - not bound to
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1", "fec0::1"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "fe80::1%1"],
    "shared": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved": [
        "240.0.0.1",
        "255.255.255.255",
        "192.0.0.1",
        "192.0.0.9",
        "192.88.99.1",
        "100::1",
        "4000::1",
        "5f00::1",
    ],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "in IPv6": [
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:a9fe:a9fe",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::1",
        "2002:c0a8:101::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address(address):
    assert is_public(address)


@pytest.mark.parametrize("address", [address for addresses in OTHER.values() for address in addresses])
def test_an_address_that_is_not_public(address):
    assert not is_public(address)


def info(address, family=socket.AF_INET):
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80))


def test_a_socket_to_a_public_address_is_made():
    sockets = PublicSockets()
    with sockets(info("8.8.8.8")) as made:
        assert (made.family, made.type) == (socket.AF_INET, socket.SOCK_STREAM)
    assert sockets.refused == []


def test_no_socket_to_another_address_is_made():
    sockets = PublicSockets()
    for address in ("127.0.0.1", "10.0.0.1"):
        with pytest.raises(PermissionError, match=f"{address} is no public address"):
            sockets(info(address))
    assert sockets.refused == ["127.0.0.1", "10.0.0.1"]
