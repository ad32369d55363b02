"""Which URLs a crawl may ask for at all: http and https, allowed ports, and the hosts of the source they belong to."""

from __future__ import annotations

from ipaddress import ip_address

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.networks import Rules
from crawler.refusals import Refused
from pipelines import urls
from pipelines.config import Config, Source
from pipelines.model import Found, Outcome, Role, Route

#: Documents named by an outlet's robots.txt or our config may lie elsewhere (sitemaps.org, "Cross Submits").
_NAMED_BY_OUTLET = frozenset({Route.CONFIG, Route.ROBOTS})


class Scope:
    """Decides by URL, source and how the URL was found; pure, apart from the sites that it was asked about."""

    def __init__(self, config: Config, sources: dict[str, Source]) -> None:
        self._rules = Rules.of(config)
        self._homes = {source.id: _Home(source) for source in sources.values()}
        self._listed: set[str] = set()  # sites of the URLs that somebody listed

    def check(self, url: str, found: Found | None, source: str, role: Role) -> None:
        """Raises `Refused` if the URL must not be asked for."""
        try:
            url = urls.normalise(url)
        except urls.BadUrl as error:
            raise Refused(Outcome.BAD_URL, str(error)) from None
        host, port = urls.host_of(url), urls.port_of(url)
        if _is_address(host):
            # The resolver would say so too; said here, it is no matter of whose host it is.
            if reason := self._rules.refusal(host, port):
                raise Refused(Outcome.BLOCKED_ADDRESS, f"{host}: {reason}")
        elif port not in self._rules.ports:
            raise Refused(Outcome.OUT_OF_SCOPE, f"port {port} is not one of fetch.ports")
        if role is Role.ROBOTS:
            return  # of a host that is in scope; its redirects may leave it (RFC 9309, section 2.3.1.2)
        hops = found.hops if found is not None else 0
        home = self._homes.get(source)
        if home is None:
            self._check_listed(host, found, hops)
        elif host not in home and not (
            role in {Role.FEED, Role.SITEMAP} and not hops and found is not None and found.route in _NAMED_BY_OUTLET
        ):
            raise Refused(Outcome.OUT_OF_SCOPE, _words(f"the hosts of {source}", host, found, hops))

    def _check_listed(self, host: str, found: Found | None, hops: int) -> None:
        site = urls.site_of(host)
        if not hops or found is None:
            self._listed.add(site)
        elif site != urls.site_of(urls.host_of(found.via)) and site not in self._listed:
            raise Refused(Outcome.OUT_OF_SCOPE, _words("the sites of the list", host, found, hops))


class _Home:
    """The hosts of an outlet: its registered domain, its further hosts, and those of its configured addresses."""

    def __init__(self, source: Source) -> None:
        self._site = urls.site_of(urls.host_of(source.domain))
        routes = (*source.feeds, *source.sitemaps, *source.news_sitemaps)
        self._hosts = {name.lower() for name in source.hosts} | {urls.host_of(address) for address in routes}

    def __contains__(self, host: str) -> bool:
        return host in self._hosts or urls.site_of(host) == self._site


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _words(what: str, host: str, found: Found | None, hops: int) -> str:
    by = f", redirected from {found.via}" if hops and found is not None else ""
    return f"{host} is none of {what}{by}"


class ScopeMiddleware:
    """Refuses what is out of scope before anything else looks at it. Priority: 50."""

    def __init__(self, crawler: Crawler) -> None:
        self._scope = Scope(crawler.settings["CHRONICLE"], crawler.settings.getdict("CHRONICLE_SOURCES"))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ScopeMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        meta = request.meta
        self._scope.check(request.url, meta.get("found"), meta.get("source", ""), meta.get("role", Role.PAGE))
