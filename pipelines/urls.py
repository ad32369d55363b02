"""One reading of URLs for the whole house, and the names that are made of them.

Parsing is the WHATWG URL Standard's (ada). Two parsers that disagree about a host are a way past a
guard, so nothing else in the house takes a URL apart.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import ada_url
import tldextract

# A URL on its way through a crawl is asked about a dozen times, and a parse costs 30 µs.
_REMEMBERED = 4096
MAX_URL = 4096  # characters; longer ones are traps or data

# Parameters that name the reader's way to a page and never the page.
_TRACKING = re.compile(r"^(utm_\w+|fbclid|gclid|dclid|yclid|mc_[ce]id|igshid|_ga|ref_src|at_medium|at_campaign)$")
_SLUG = re.compile(r"[^a-z0-9]+")
_ESCAPED_BY_REQUESTS = re.compile(r"[\[\]|^`{}\\]")
_DEFAULT_PORTS = {"http:": 80, "https:": 443}

# URLs that the standard's parser gives back letter for letter (most of any sitemap): a lower-case host that is no
# address and not punycode, no port, no dot segment, nothing to escape. Told by one match instead of a parse that
# takes fourteen times as long; tests/property/test_discovery.py holds the two together.
_PLAIN = re.compile(
    r"https?://(?!xn--)(?:(?!xn--)[a-z0-9-]{1,63}\.)+[a-z]{2,63}"
    r"/(?!\.)(?:[A-Za-z0-9_~,:;@!$&()*+=-]|\.|/(?!\.)|%(?!2[eE]))*+"
    r"(?:\?[A-Za-z0-9_~,:;@!$&()*+=./?%-]*+)?",
    re.ASCII,
)

# Host and port of a URL that has nothing in them to normalise: a name, or an IPv4 address in its one right form.
_PLAIN_PLACE = re.compile(
    r"(https?:)//((?:(?!xn--)[a-z0-9-]{1,63}\.)+[a-z]{2,63}"
    r"|(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3})"
    r"(?::([1-9]\d{0,3}|[1-5]\d{4}))?(?=[/?#])",
    re.ASCII,
)

# The list that ships with tldextract: no fetch, and the same answer everywhere. With its private part, so that
# two blogs of one provider are two sites.
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


class BadUrl(ValueError):  # noqa: N818 - as the outcome bad_url
    """Not a URL that we would fetch; the message says why."""


@lru_cache(maxsize=_REMEMBERED)
def normalise(url: str, base: str | None = None) -> str:
    """The absolute http(s) URL of `url` (resolved against `base`), without fragment.

    Raises `BadUrl` for other schemes, credentials, hosts that Python's own parser reads otherwise,
    and anything longer than 4,096 characters. Idempotent.
    """
    text = url.strip()
    if len(text) > MAX_URL:
        raise BadUrl(f"longer than {MAX_URL} characters")
    if _PLAIN.fullmatch(text):
        return text
    try:
        parsed = ada_url.URL(text, base) if base else ada_url.URL(text)
    except ValueError as error:
        raise BadUrl(f"not an absolute URL: {text[:200]!r}") from error
    if parsed.protocol not in _DEFAULT_PORTS:
        raise BadUrl(f"scheme {parsed.protocol!r}, not http: or https:")
    if parsed.username or parsed.password:
        raise BadUrl("it carries credentials")
    if not parsed.hostname:
        raise BadUrl("it names no host")
    parsed.hash = ""
    href = str(parsed.href).removesuffix("#")
    if len(href) > MAX_URL:
        raise BadUrl(f"longer than {MAX_URL} characters")
    try:
        other = urlsplit(href).hostname or ""
    except ValueError as error:
        raise BadUrl(f"parsers disagree about its host: {error}") from error
    if other != str(parsed.hostname).strip("[]"):
        raise BadUrl(f"parsers disagree about its host: {parsed.hostname!r} or {other!r}")
    return href


def redirected(location: bytes, base: str) -> str:
    """The URL that a Location field names: UTF-8 as browsers read it, Latin-1 where it is none. Raises `BadUrl`."""
    try:
        text = location.decode("utf-8")
    except UnicodeDecodeError:
        text = location.decode("latin-1")
    return normalise(text, base)


@lru_cache(maxsize=_REMEMBERED)
def key(url: str) -> str:
    """What makes two spellings one page for the ledger: normalised, tracking parameters gone, query kept in order.

    Characters that the URL Standard leaves as they are and Scrapy's requests escape are escaped here: a page must be
    known under the URL that was named and the URL that was asked for.
    """
    href = normalise(url)
    if _ESCAPED_BY_REQUESTS.search(href):
        start = href.index("/", href.index("//") + 2)
        href = href[:start] + _ESCAPED_BY_REQUESTS.sub(lambda found: f"%{ord(found[0]):02X}", href[start:])
    head, mark, query = href.partition("?")
    if not mark:
        return href
    kept = [part for part in query.split("&") if part and not _TRACKING.match(part.partition("=")[0].lower())]
    return f"{head}?{'&'.join(kept)}" if kept else head


def host_of(url: str) -> str:
    """The host of an absolute URL, lower case, IPv6 without brackets; "" if it has none."""
    return _place(url)[0]


def port_of(url: str) -> int:
    """The port of an absolute http(s) URL, its scheme's own where none is written; 0 for any other URL."""
    return _place(url)[1]


@lru_cache(maxsize=_REMEMBERED)
def _place(url: str) -> tuple[str, int]:
    if plain := _PLAIN_PLACE.match(url):
        return plain[2], int(plain[3]) if plain[3] else _DEFAULT_PORTS[plain[1]]
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        return "", 0
    return str(parsed.hostname).strip("[]"), int(parsed.port) if parsed.port else _DEFAULT_PORTS.get(parsed.protocol, 0)


@lru_cache(maxsize=4096)
def site_of(host: str) -> str:
    """The registered domain of a host ("www.bbc.co.uk" -> "bbc.co.uk"); an address or a bare name is its own site."""
    try:
        ip_address(host)
    except ValueError:
        return _SUFFIXES.extract_str(host).top_domain_under_public_suffix or host
    return host


def timestamp(moment: datetime) -> str:
    """WARC-Date of a moment (WARC 1.1, section 5.4): UTC, with as many digits of the second as are not zero."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def article_id(url: str, captured_at: datetime, payload_digest: str) -> str:
    """The name of a derived row: 16 hex digits of SHA-256 over target URI, WARC-Date and payload digest."""
    material = "\n".join((url, timestamp(captured_at), payload_digest))
    return hashlib.sha256(material.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def slug(url: str, limit: int = 60) -> str:
    """A short name for people from the last telling part of a URL's path: a-z, 0-9 and hyphens only, never empty."""
    for part in reversed(urlsplit(url).path.split("/")):
        name = _SLUG.sub("-", unquote(part).lower().removesuffix(".html")).strip("-")[:limit].strip("-")
        if len(name) > 2:
            return name
    return "page"


def host_folder(url: str) -> str:
    """A host as a folder name: fixed alphabet, never "." or "..", at most 100 characters."""
    return re.sub(r"[^a-z0-9.-]+", "_", host_of(url)).strip(".")[:100] or "unknown-host"
