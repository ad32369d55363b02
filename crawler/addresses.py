"""Addresses are vetted where a name becomes one, so that there is no gap between check and connect.

`VettingResolver` sees every target of Scrapy's HTTP handler: names, names that redirects lead to, and literals in
any spelling. If all answers may be dialled (crawler/networks.py), the connection goes to one of them; else nothing
is dialled and the request fails with `Refused`. Clients that resolve by themselves, and proxies above all, are out
of its sight.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import attr
from scrapy.crawler import Crawler
from scrapy.resolver import HostResolution
from scrapy.utils.datatypes import LocalCache
from twisted.internet import address as tx
from twisted.internet.interfaces import IAddress, IHostnameResolver, IResolutionReceiver
from twisted.web.client import URI
from zope.interface import implementer

from crawler.networks import NO_ADDRESS, Rules, vet
from crawler.refusals import Refused
from pipelines import urls
from pipelines.config import Config
from pipelines.model import Outcome

__all__ = ["Rules", "VettingResolver", "agree_on_host", "guard", "vet"]

CACHE_SECONDS = 300.0  # an outlet that moves is found again within this
_PLAIN = re.compile(r"https?://[a-z0-9._-]+(:[0-9]{1,5})?[/?]")
_SPELLING = re.compile(r"[0-9a-fx.:]+")


def agree_on_host(url: str) -> None:
    """Raise `Refused` where the house's reading of a URL's host and Twisted's, which dials, differ."""
    if _PLAIN.match(url) and len(url) <= urls.MAX_URL:  # nothing to disagree about; nearly all are
        return
    try:
        wanted = urls.host_of(urls.normalise(url))
    except urls.BadUrl as error:
        raise Refused(Outcome.BAD_URL, str(error)) from None
    dialled = URI.fromBytes(url.encode("ascii")).host.decode("ascii").strip("[]").lower()
    # A literal address can be spelled in many ways; which one it is, the resolver will see.
    literal = vet(wanted) != NO_ADDRESS and _SPELLING.fullmatch(dialled)
    if wanted != dialled and not literal:
        raise Refused(Outcome.BAD_URL, f"its host reads as {wanted!r} or as {dialled!r}")


class _RefusedAddress(tx.IPv4Address):
    """An address that raises when somebody wants to dial it: how the reason gets through Twisted's endpoints."""

    def __init__(self, detail: str) -> None:
        self._detail = detail

    def __getattribute__(self, name: str) -> Any:
        if name in {"host", "port"}:
            raise Refused(Outcome.BLOCKED_ADDRESS, self._detail)
        return super().__getattribute__(name)


@implementer(IResolutionReceiver)
class _Vetting:
    """Collects the answers for a name, and passes all on or none."""

    def __init__(
        self,
        receiver: Any,
        host: str,
        refusal: Callable[[str], str | None],
        remember: Callable[[list[Any]], None],
    ) -> None:
        self._receiver = receiver
        self._host = host
        self._refusal = refusal
        self._remember = remember
        self._answers: list[Any] = []

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802 - the interface's name
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802 - the interface's name
        self._answers.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802 - the interface's name
        self._remember(self._answers)
        deliver(self._receiver, self._host, self._answers, self._refusal)


def deliver(receiver: Any, host: str, answers: Sequence[Any], refusal: Callable[[str], str | None]) -> None:
    """Give `receiver` all answers, or, if one of them is refused, that refusal alone."""
    for answer in answers:
        reason = refusal(answer.host)
        if reason is not None:
            spelled = "" if answer.host == host else f" is {answer.host}"
            answers = [_RefusedAddress(f"{host}{spelled}: {reason}")]
            break
    for answer in answers:
        receiver.addressResolved(answer)
    receiver.resolutionComplete()


@implementer(IHostnameResolver)
class VettingResolver:
    """The setting TWISTED_DNS_RESOLVER. Asks the resolver that was there before, for IPv4 and IPv6.

    Answers are remembered for five minutes (DNSCACHE_ENABLED, DNSCACHE_SIZE), and vetted each time they are used.
    """

    def __init__(self, reactor: Any, rules: Rules, cache_size: int = 10_000) -> None:
        self.rules = rules
        self._reactor = reactor
        self._inner: Any = reactor.nameResolver  # an IHostnameResolver; zope's interfaces are no types to mypy
        self._known: LocalCache[str, tuple[float, list[Any]]] = LocalCache(cache_size)

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> VettingResolver:
        """Strict where the settings hold no config: Scrapy passes the process's settings, which add-ons don't touch."""
        settings = crawler.settings
        config = settings.get("CHRONICLE")
        size = settings.getint("DNSCACHE_SIZE") if settings.getbool("DNSCACHE_ENABLED") else 0
        return cls(reactor, Rules.of(config) if isinstance(config, Config) else Rules(), size)

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - the interface's name
        self,
        resolutionReceiver: Any,  # noqa: N803 - the interface's name
        hostName: str,  # noqa: N803 - the interface's name
        portNumber: int = 0,  # noqa: N803 - the interface's name
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803 - the interface's name
        transportSemantics: str = "TCP",  # noqa: N803 - the interface's name
    ) -> Any:
        """See `IHostnameResolver`."""

        def refusal(address: str) -> str | None:
            return self.rules.refusal(address, portNumber)

        def remember(answers: list[Any]) -> None:
            if answers:
                self._known[hostName] = (monotonic() + CACHE_SECONDS, answers)

        until, answers = self._known.get(hostName, (0.0, []))
        if monotonic() < until:
            resolution = HostResolution(hostName)
            resolutionReceiver.resolutionBegan(resolution)
            ported = [attr.evolve(answer, port=portNumber) for answer in answers]
            deliver(resolutionReceiver, hostName, ported, refusal)
            return resolution
        vetting = _Vetting(resolutionReceiver, hostName, refusal, remember)
        return self._inner.resolveHostName(vetting, hostName, portNumber, addressTypes, transportSemantics)


def guard(rules: Rules) -> None:
    """See to it that the running reactor vets by `rules`: called before each request, so it can't be forgotten."""
    from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one

    resolver = reactor.nameResolver
    if not isinstance(resolver, VettingResolver):
        resolver = VettingResolver(reactor, rules)
        resolver.install_on_reactor()
    resolver.rules = rules
