"""Addresses that people give are read strictly, and only those of the internet are reached."""

from ipaddress import ip_address

import pytest

from taskbell.outbound.errors import AddressRefusedError
from taskbell.outbound.networks import is_public, parse_networks
from taskbell.outbound.urls import parse


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "path"),
    [
        ("https://example.com", "https", "example.com", 443, "/"),
        ("https://Example.COM./hook?a=1&b=%20", "https", "example.com", 443, "/hook?a=1&b=%20"),
        ("http://example.com:8080/a//b", "http", "example.com", 8080, "/a//b"),
        ("https://bücher.example/ö?q=ü", "https", "xn--bcher-kva.example", 443, "/%C3%B6?q=%C3%BC"),
        ("https://192.0.2.1:8443/", "https", "192.0.2.1", 8443, "/"),
        ("https://[2001:DB8::0:1]/", "https", "2001:db8::1", 443, "/"),
        ("https://my_service/", "https", "my_service", 443, "/"),
        ("https://example.com/?", "https", "example.com", 443, "/"),
    ],
)
def test_a_good_address_is_taken_apart(
    url: str, scheme: str, host: str, port: int, path: str
) -> None:
    target = parse(url)
    assert (target.scheme, target.host, target.port, target.path) == (scheme, host, port, path)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "https://"),
        ("example.com/hook", "https://"),
        ("ftp://example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https:///hook", "name a host"),
        ("https://user@example.com/", "user name"),
        ("https://user:secret@example.com/", "user name"),
        ("https://example.com@127.0.0.1/", "user name"),
        ("https://example.com/#part", "#"),
        ("https://example.com\\@127.0.0.1/", "backslashes"),
        ("https://exam ple.com/", "spaces"),
        ("https://example.com/\r\nX: y", "controls"),
        ("https://example.com/\x00", "controls"),
        ("https://example.com/\ud800", "controls"),
        ("https://example.com:99999/", "not an address"),
        ("https://example.com:x/", "not an address"),
        ("https://example.com:0/", "Port 0"),
        ("https://example.com:25/", "Port 25"),
        ("https://example.com:6379/", "Port 6379"),
        ("https://[::1", "not an address"),
        ("https://[fe80::1%25eth0]/", "not a"),
        ("https://[::ffff:127.0.0.1/", "not an address"),
        ("https://127.1/", "four decimal"),
        ("https://2130706433/", "four decimal"),
        ("https://0x7f000001/", "four decimal"),
        ("https://0x7f.1/", "four decimal"),
        ("https://0177.0.0.1/", "four decimal"),
        ("https://127.0.0.1.5/", "four decimal"),
        ("https://example.0x/", "four decimal"),
        ("https://１２７.1/", "four decimal"),
        ("https://exa$mple.com/", "valid name"),
        ("https://-a.example/", "valid name"),
        ("https://a..example/", "valid name"),
        ("https://" + "a" * 64 + ".example/", "valid name"),
        ("https://" + "a." * 127 + "ab/", "valid name"),
        ("https://%31%32%37.0.0.1/", "valid name"),
        ("https://example.com/" + "a" * 2000, "2000"),
        ("https://example.com/" + "ö" * 1000, "2000"),
    ],
)
def test_a_bad_address_is_refused_in_plain_words(url: str, words: str) -> None:
    with pytest.raises(AddressRefusedError, match=words):
        parse(url)


def test_other_digits_are_the_same_address() -> None:
    assert parse("https://１２７。0．0.1/").literal == ip_address("127.0.0.1")


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3"),  # noqa: S104
        *("10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1"),
        *("127.255.255.255", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
        *("192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255"),
        *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1"),
        *("2001:0:7f00:1::", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1"),
        *("5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "4000::1"),
    ],
)
def test_what_is_not_of_the_internet_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "2606:4700::1111", "2a00::1"]
)
def test_what_is_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_networks_are_read_or_refused() -> None:
    assert [str(one) for one in parse_networks(["10.0.0.0/8", "::1"])] == ["10.0.0.0/8", "::1/128"]
    with pytest.raises(ValueError, match="networks such as"):
        parse_networks(["10.0.0.1/8"])
