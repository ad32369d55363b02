"""config/*.toml, read once into frozen values. An unknown key or a wrong value is refused with its file and line.

Every field's default and its comment here are what docs/reference.md shows; a test holds the two together.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pipelines import urls
from pipelines.errors import ConfigError
from pipelines.toml import line_of, nearest, read_toml

MIB = 2**20
GIB = 2**30


def _url(value: str) -> str:
    try:
        return urls.normalise(value)
    except urls.BadUrl as error:
        raise ValueError(f"a URL that starts with http:// or https:// ({error})") from None


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None
    return value


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError as error:
        raise ValueError(f"an address or a network such as 127.0.0.0/8 ({error})") from None
    return value


Url = Annotated[str, AfterValidator(_url)]
Regex = Annotated[str, AfterValidator(_regex)]
Network = Annotated[str, AfterValidator(_network)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class Operator(Section):
    name: str = ""
    """Who runs the crawl: a person or an institution; goes into warcinfo."""
    contact: str = ""
    """E-mail or web page where outlets reach you; goes into User-Agent, From and warcinfo. Required beyond loopback."""


class Archive(Section):
    path: str = "archive"
    """Folder of the archive, relative to the folder the command is run in."""
    roll_bytes: int = Field(default=1_000_000_000, ge=1024)
    """A WARC is sealed once it has grown to this many bytes."""
    roll_seconds: int = Field(default=86_400, ge=1)
    """A WARC is sealed once it is this old."""
    fsync: bool = True
    """Force each batch of records to disk before the catalog names them. Off: a power cut may lose the last seconds."""
    free_disk_floor: int = Field(default=GIB, ge=0)
    """Stop cleanly when the disk has fewer bytes free than this."""


class Fetch(Section):
    concurrent: int = Field(default=32, ge=1, le=512)
    """Requests under way at once, over all hosts."""
    delay_seconds: float = Field(default=2.0, ge=0)
    """Least time between two requests to one host; AutoThrottle and Crawl-delay lengthen it."""
    per_host: int = Field(default=1, ge=1, le=16)
    """Requests under way at once to one host."""
    autothrottle: bool = True
    """Slow down for hosts that answer slowly."""
    crawl_delay_max: float = Field(default=120.0, ge=0)
    """Longest Crawl-delay of a robots.txt that is obeyed as it stands; a longer one is cut to this, and said."""
    retry_after_max: float = Field(default=3600.0, ge=0)
    """Longest pause that Retry-After may ask of a host in a run; a host that asks for more is left for the next run."""
    retries: int = Field(default=2, ge=0, le=10)
    """Tries after the first for answers and errors that may pass."""
    body_max: int = Field(default=32 * MIB, ge=1024)
    """A response is cut at this many bytes as received, and marked WARC-Truncated: length."""
    decoded_max: int = Field(default=128 * MIB, ge=1024)
    """A body that decompresses to more is not used; the record stays as received."""
    header_max: int = Field(default=256 * 1024, ge=1024)
    """A response whose head is longer is broken off."""
    timeout_seconds: float = Field(default=60.0, gt=0)
    """A connection that brings nothing for this long is given up."""
    total_seconds: float = Field(default=300.0, gt=0)
    """An exchange that takes longer is cut, and marked WARC-Truncated: time."""
    redirects_max: int = Field(default=10, ge=0, le=50)
    """Redirects followed from one URL."""
    depth_max: int = Field(default=6, ge=1)
    """Steps from a configured address to a page: feed, index, sitemap, page."""
    host_budget: int = Field(default=20_000, ge=1)
    """Requests to one host in one run."""
    verify_tls: bool = True
    """Refuse certificates that don't verify."""
    ports: tuple[int, ...] = (80, 443)
    """Ports that may be dialled."""
    allow_networks: tuple[Network, ...] = ()
    """Networks allowed although they are not public, such as 127.0.0.0/8 for the sample site."""
    truststore: str = ""
    """PEM file of further certificate authorities; empty: the system's."""


class Discover(Section):
    document_max: int = Field(default=50 * MIB, ge=1024)
    """A feed or sitemap that decompresses to more is refused (sitemaps.org allows 50 MB)."""
    entries_max: int = Field(default=50_000, ge=1)
    """Entries read from one document; the rest is counted."""
    index_depth_max: int = Field(default=4, ge=1, le=16)
    """Sitemap indexes within indexes."""
    documents_max: int = Field(default=2_000, ge=1)
    """Feeds and sitemaps fetched for one source in one run."""


class Derive(Section):
    live: bool = True
    """Derive text during the crawl. Off: only capture; a later run derives what is left."""
    workers: int = Field(default=0, ge=0, le=256)
    """Extraction processes; 0: one for each processor."""
    timeout_seconds: float = Field(default=20.0, gt=0)
    """A page that takes longer is given up: outcome extract_timeout."""
    memory_bytes: int = Field(default=GIB, ge=256 * MIB)
    """A page that needs more is given up: outcome extract_memory."""
    min_characters: int = Field(default=120, ge=0)
    """A page with less text than this is no article: outcome no_text."""
    residue: tuple[Literal["phrases", "classifier", "repeats"], ...] = ("phrases", "classifier", "repeats")
    """Evidence that a paragraph is none of the text: phrase rules, a classifier, an outlet's repetitions."""


class Collect(Section):
    sources: tuple[str, ...] = ()
    """Ids of the sources that `scrapy collect` visits; empty: all that have a feed or a news sitemap."""
    routes: tuple[Literal["feeds", "news_sitemaps", "sitemaps"], ...] = ("feeds", "news_sitemaps")
    """What `scrapy collect` reads of each source."""
    every_minutes: int = Field(default=60, ge=1)
    """A source is due this long after its last visit."""
    budget_minutes: float = Field(default=50.0, gt=0)
    """The run ends cleanly after this long; the ledger keeps the rest."""
    window_days: int = Field(default=14, ge=1)
    """Items whose stated date is older are not fetched."""


class Config(Section):
    """crawl.toml."""

    operator: Operator = Operator()
    archive: Archive = Archive()
    fetch: Fetch = Fetch()
    discover: Discover = Discover()
    derive: Derive = Derive()
    collect: Collect = Collect()

    @property
    def digest(self) -> str:
        """SHA-256 over all values, defaults included: two runs with equal digests were told the same."""
        return f"sha256:{hashlib.sha256(self.model_dump_json().encode()).hexdigest()}"

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(text) for text in self.fetch.allow_networks)


class Source(Section):
    """An outlet in sources.toml. Addresses are candidates until `scrapy sources --check` has seen them answer."""

    id: Identifier
    """Name of the source on the command line and in the catalog."""
    name: str
    """The outlet's name."""
    domain: Url
    """Its front page; pages of the same registered domain are in scope."""
    country: str = Field(default="int", pattern=r"^[a-z]{2}$|^int$")
    """ISO 3166-1, lower case; "int" where none fits."""
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")], ...] = ()
    """Languages it publishes in."""
    feeds: tuple[Url, ...] = ()
    """RSS, Atom and JSON feeds."""
    sitemaps: tuple[Url, ...] = ()
    """Sitemaps and sitemap indexes."""
    news_sitemaps: tuple[Url, ...] = ()
    """Google News sitemaps."""
    hosts: tuple[str, ...] = ()
    """Further hosts whose pages are the outlet's."""
    include: tuple[Regex, ...] = ()
    """Only page URLs in which one of these is found are fetched; empty: all."""
    exclude: tuple[Regex, ...] = ()
    """Page URLs in which one of these is found are not fetched."""
    delay_seconds: float | None = Field(default=None, ge=0)
    """Its own least time between requests, instead of fetch.delay_seconds."""
    archive_url_pattern: str | tuple[str, ...] = ""
    """Address of a day's list of articles, with {YYYY} {MM} {DD} {M} {D} {month}."""
    telegram: tuple[str, ...] = ()
    """Public channels, without t.me/."""
    wordpress: bool | None = None
    """Whether it runs WordPress, where known."""
    affiliation: Literal["", "public", "private", "state", "official", "aggregator"] = ""
    """Who stands behind it."""
    source: str = ""
    """Where its addresses were seen."""
    confidence: Literal["", "high", "medium", "low"] = ""
    """How far to trust the addresses."""


class Sources(Section):
    """sources.toml."""

    source: tuple[Source, ...] = ()


_Model = TypeVar("_Model", bound=BaseModel)


def _load(path: Path, model: type[_Model]) -> tuple[_Model, str]:
    data, text = read_toml(path)
    try:
        return model.model_validate(_tuples(data)), text
    except ValidationError as error:
        raise ConfigError("\n".join(_messages(path, text, model, error))) from None


def _tuples(value: Any) -> Any:
    """TOML arrays as tuples, so that strict validation takes them and the models stay hashable."""
    if isinstance(value, dict):
        return {name: _tuples(inner) for name, inner in value.items()}
    return tuple(_tuples(inner) for inner in value) if isinstance(value, list) else value


def _messages(path: Path, text: str, model: type[BaseModel], error: ValidationError) -> Iterable[str]:
    for fault in error.errors():
        location = fault["loc"]
        where = f"{path}:{line_of(text, location)}"
        name = ".".join(str(part) for part in location)
        if fault["type"] == "extra_forbidden":
            known = _known_at(model, location[:-1])
            yield f"{where}: unknown key {name!r}{nearest(str(location[-1]), known)}"
        elif fault["type"] == "missing":
            yield f"{where}: {name!r} is missing"
        else:
            expected = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            yield f"{where}: {name!r} is {fault['input']!r}; expected {expected}"


def _known_at(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    for part in location:
        if isinstance(part, int):
            continue
        annotation: Any = model.model_fields[part].annotation
        model = getattr(annotation, "__args__", (annotation,))[0]
    return list(model.model_fields)


def load_config(folder: Path) -> Config:
    """`folder`/crawl.toml. Raises `ConfigError`."""
    return _load(folder / "crawl.toml", Config)[0]


def load_sources(folder: Path) -> dict[str, Source]:
    """`folder`/sources.toml by id, in file order. Raises `ConfigError`, also for an id that stands twice."""
    path = folder / "sources.toml"
    loaded, text = _load(path, Sources)
    found: dict[str, Source] = {}
    for index, source in enumerate(loaded.source):
        if source.id in found:
            line = line_of(text, ("source", index, "id"))
            raise ConfigError(f"{path}:{line}: the id {source.id!r} stands twice; give each source its own")
        found[source.id] = source
    return found


def choose_sources(sources: dict[str, Source], names: str) -> list[Source]:
    """The sources of a comma-separated list of ids; all for "". Raises `ConfigError` with the nearest known id."""
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for name in chosen:
        if name not in sources:
            raise ConfigError(f"sources: no source {name!r} in sources.toml{nearest(name, list(sources))[:400]}")
    return [sources[name] for name in chosen] if chosen else list(sources.values())
