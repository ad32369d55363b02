"""Which addresses and ports may be dialled: the rules alone, no network but one question to the kernel."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from pipelines.config import Config

Network = IPv4Network | IPv6Network

NO_ADDRESS = "not an IP address"

#: IANA's special-purpose registries, and what clouds put in public space.
_DENIED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(text), what)
    for text, what in (
        ("0.0.0.0/8", "this host (RFC 791)"),
        ("10.0.0.0/8", "private (RFC 1918)"),
        ("100.64.0.0/10", "shared by carriers and clouds (RFC 6598)"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local, and clouds' metadata (RFC 3927)"),
        ("172.16.0.0/12", "private (RFC 1918)"),
        ("192.0.0.0/24", "protocol assignments (RFC 6890)"),
        ("192.0.2.0/24", "documentation (RFC 5737)"),
        ("192.88.99.0/24", "6to4 relays (RFC 7526)"),
        ("192.168.0.0/16", "private (RFC 1918)"),
        ("198.18.0.0/15", "benchmarks (RFC 2544)"),
        ("198.51.100.0/24", "documentation (RFC 5737)"),
        ("203.0.113.0/24", "documentation (RFC 5737)"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved (RFC 1112)"),
        ("168.63.129.16/32", "Azure's platform service"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private (RFC 4193)"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "protocol assignments (RFC 2928)"),
        ("2001:db8::/32", "documentation (RFC 3849)"),
        ("3fff::/20", "documentation (RFC 9637)"),
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")  # all that IANA has given out for global unicast

#: IPv6 ranges that carry an IPv4 address: its place in the bits, whether the way is one that is used today.
_EMBEDDED: tuple[tuple[IPv6Network, str, int, bool], ...] = (
    (IPv6Network("::ffff:0:0/96"), "IPv4-mapped", 0, True),
    (IPv6Network("64:ff9b::/96"), "NAT64", 0, True),
    (IPv6Network("64:ff9b:1::/48"), "local NAT64", 0, False),
    (IPv6Network("2002::/16"), "6to4", 80, False),
    (IPv6Network("2001::/32"), "Teredo", 0, False),
    (IPv6Network("::/96"), "IPv4-compatible", 0, False),
)


def vet(address: str, networks: Iterable[Network] = ()) -> str | None:
    """Why an address may not be dialled; None if it may.

    It may if it is in `networks`, or global unicast (RFC 6890 and its registries). An IPv6 address that
    carries an IPv4 one is judged by that; ways of doing so that nobody uses any more are refused whatever it is.
    """
    networks = tuple(networks)
    try:
        ip = ip_address(address)
    except ValueError:
        return NO_ADDRESS
    if _within(ip, networks):
        return None
    if isinstance(ip, IPv6Address):
        if ip.scope_id:
            return "it names a network interface"
        for range_, kind, shift, in_use in _EMBEDDED:
            # ::1 and :: lie in ::/96 too, but carry nothing.
            if ip in range_ and int(ip) > 1:
                inner = _embedded(ip, kind, shift)
                reason = vet(str(inner), networks)
                if reason is None and in_use:
                    return None
                return f"{kind} address of {inner}, {reason or 'a way of the past'}"
    for network, what in _DENIED:
        if ip in network:
            return what
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_6:
        return "not global unicast"
    return None if ip.is_global else "not a global address"


def _embedded(ip: IPv6Address, kind: str, shift: int) -> IPv4Address:
    bits = int(ip) >> shift & 0xFFFFFFFF
    return IPv4Address(bits ^ 0xFFFFFFFF if kind == "Teredo" else bits)


def _within(ip: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return any(ip in network or (mapped is not None and mapped in network) for network in networks)


def is_own(address: str) -> bool:
    """Whether an address is one of this machine's: the kernel then answers from it. Nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:  # no route: not ours
            return False
        return ip_address(probe.getsockname()[0]) == ip_address(address)


@dataclass(frozen=True, slots=True)
class Rules:
    """What config says about targets."""

    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({80, 443})
    anonymous: bool = False  # nobody said whom an outlet can write to: nothing but `networks` is dialled

    @classmethod
    def of(cls, config: Config) -> Rules:
        return cls(config.networks, frozenset(config.fetch.ports), not config.operator.contact.strip())

    def refusal(self, address: str, port: int) -> str | None:
        """Why a target may not be dialled; None if it may. In `networks` every port may be."""
        reason = vet(address, self.networks)
        if reason is not None:
            return reason
        if _within(ip_address(address), self.networks):
            return None
        if port not in self.ports:
            return f"port {port} is not in fetch.ports"
        if is_own(address):
            return "an address of this machine"
        if self.anonymous:
            return "operator.contact is empty in crawl.toml: an outlet must know whom to write to"
        return None
