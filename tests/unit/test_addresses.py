"""The rules for addresses, by a table: every spelling of a place that is not the open web is refused."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_network

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.addresses import agree_on_host
from crawler.networks import Rules, is_own, vet
from crawler.refusals import Refused
from pipelines.config import Config
from pipelines.model import Outcome

LOOPBACK = (ip_network("127.0.0.0/8"),)

REFUSED = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 169.254.170.2
    172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1
    203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16
    :: ::1 ::7f00:1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:a9fe:a9fe ::ffff:10.1.2.3 ::ffff:0:127.0.0.1
    64:ff9b::a9fe:a9fe 64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 64:ff9b:1::7f00:1
    2002:7f00:1:: 2002:a9fe:a9fe::1 2002:808:808::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001::1
    2001:db8::1 2001:20::1 3fff::1 100::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%lo fec0::1 ff02::1
    2606:4700::1%eth0 200::1
    2130706433 0x7f.1 127.1 0177.0.0.1 localhost ①②⑦.⓪.⓪.①
""".split()  # noqa: SIM905 - a table

ALLOWED = """
    1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1 223.255.255.1
    2606:4700::1111 2001:4860:4860::8888 2a00:1450:4001::1 ::ffff:8.8.8.8 64:ff9b::808:808
""".split()  # noqa: SIM905 - a table


@pytest.mark.parametrize("address", REFUSED)
def test_refused(address):
    reason = vet(address)
    assert reason
    assert "\n" not in reason


@pytest.mark.parametrize("address", ALLOWED)
def test_allowed(address):
    assert vet(address) is None


@pytest.mark.parametrize(
    "spelling", ["2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "017700000001"]
)
def test_what_the_system_makes_of_odd_spellings_is_refused(spelling):
    for *_, target in socket.getaddrinfo(spelling, 80, type=socket.SOCK_STREAM):
        assert vet(target[0]) == "loopback"


def test_networks_of_the_config_are_allowed_and_nothing_beside_them():
    assert vet("127.0.0.1", LOOPBACK) is None
    assert vet("::ffff:127.0.0.1", LOOPBACK) is None
    assert vet("::1", LOOPBACK) == "loopback"
    assert vet("::127.0.0.1", LOOPBACK)
    assert vet("10.0.0.1", LOOPBACK)
    assert vet("169.254.169.254", LOOPBACK)
    assert vet("fd00::1", (ip_network("fd00::/8"),)) is None


def test_ports():
    rules = Rules(networks=LOOPBACK, ports=frozenset({80, 443}))
    assert rules.refusal("192.0.2.1", 80)
    assert rules.refusal("8.8.8.8", 443) is None
    assert rules.refusal("8.8.8.8", 22) == "port 22 is not in fetch.ports"
    assert rules.refusal("127.0.0.1", 22) is None


def test_own_addresses_are_known():
    own = [
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family == socket.AF_INET
    ]
    assert own
    for address in own:
        assert is_own(address), address
    assert not is_own("192.0.2.77")


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_never_judged_more_kindly(address: IPv4Address):
    inner = int(address)
    alone = vet(str(address))
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        assert (vet(str(IPv6Address(int(IPv6Address(prefix)) | inner))) is None) == (alone is None)
    for outer in (inner, int(IPv6Address("2002::")) | inner << 80, int(IPv6Address("64:ff9b:1::")) | inner):
        assert vet(str(IPv6Address(outer))) is not None


@given(st.ip_addresses())
def test_only_global_unicast_passes(address: IPv4Address | IPv6Address):
    if vet(str(address)) is None and getattr(address, "ipv4_mapped", None) is None:
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize(
    "url",
    [
        "http://a.test\\@b.test/",
        "http://user:secret@a.test/",
        "http://a.test@b.test/",
        "http://ex%61mple.test/",
        "http://%31%32%37.0.0.1/",
        "ftp://a.test/",
        "http:///path",
        "http://[::1/",
    ],
)
def test_a_url_that_can_be_read_in_two_ways_is_refused(url):
    with pytest.raises(Refused) as refused:
        agree_on_host(url)
    assert refused.value.outcome is Outcome.BAD_URL


@pytest.mark.parametrize(
    "url",
    [
        "http://a.test/",
        "HTTPS://A.Test:8443/x?y",
        "http://xn--e1afmkfd.xn--j1amh/",
        "http://[2606:4700::1111]/",
        "http://[2606:4700:0:0:0:0:0:1111]/",
        "http://2130706433/",
        "http://under_score.test/",
    ],
)
def test_plain_urls_pass(url):
    agree_on_host(url)


def test_without_a_contact_nothing_beyond_the_allowed_networks_is_dialled() -> None:
    nobody = Rules.of(Config.model_validate({"fetch": {"allow_networks": ("127.0.0.0/8",)}}))
    somebody = Rules.of(Config.model_validate({"operator": {"contact": "archive@example.org"}}))
    assert nobody.refusal("127.0.0.1", 8765) is None
    assert "operator.contact" in (nobody.refusal("93.184.215.14", 443) or "")
    assert somebody.refusal("93.184.215.14", 443) is None
