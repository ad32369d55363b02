"""The values of the sample site: a story and its blocks, an answer of the server, a hit of its log, and what a crawl must make of a URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A block of a story's body, as written in pages/stories/*.txt."""

    kind: str  # "paragraph", "heading", "quote", "item", or "residue": a footer that stands there as a plain paragraph
    text: str  # may hold one [text](path) link
    version: int = 0  # only in the first (1) or only in the edited (2) version; 0: in both


@dataclass(frozen=True, slots=True)
class Story:
    """A page of an outlet. All texts, people and events are invented."""

    path: str  # with a leading slash
    title: str
    published: datetime  # aware, in the outlet's zone
    section: str
    language: str
    parts: tuple[Part, ...]
    authors: tuple[str, ...] = ()
    agency: str = ""
    modified: datetime | None = None
    image: tuple[str, str] | None = None  # caption, credit
    coding: str = ""  # "gzip", "br" or "": how the body travels if the client takes it
    framing: str = "length"  # or "chunked"
    charset: str = ""  # "": stated truly; "missing": stated nowhere; "lying": the HTTP head says UTF-8
    unavailable: int = 0  # status of the first answer; the second is the page
    slow: float = 0.0  # seconds before the answer
    listed: bool = True  # named by feeds and sitemaps

    @property
    def edited(self) -> bool:
        """Whether the second visit sees another text than the first."""
        return any(part.version for part in self.parts)

    def version(self, number: int) -> tuple[Part, ...]:
        """The parts that stand in version 1 or 2."""
        return tuple(part for part in self.parts if part.version in (0, number))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers, before coding and framing."""

    status: int = 200
    body: bytes = b""
    mime: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    coding: str = ""  # "gzip" or "br", used only where the client accepts it
    coded: bytes = b""  # the body as it already lies gzip-coded; `body` is then empty
    framing: str = "length"  # "length", "chunked", or "cut": the connection ends at half the stated length
    spoiled: bool = False  # the gzip stream has a wrong byte in its middle, sent whether gzip is accepted or not
    modified: datetime | None = None  # gives Last-Modified; ETag comes from the bytes
    delay: float = 0.0  # seconds before the first byte


#: An answer for the n-th GET (from 1) of a path.
Route = Callable[[int], Reply]


@dataclass(frozen=True, slots=True)
class Hit:
    """One request as the server saw it."""

    at: float  # time.monotonic() when the head was read
    method: str
    host: str  # the loopback address that was dialled
    path: str  # target of the request line, query included
    headers: tuple[tuple[str, str], ...]
    status: int
    sent: int  # bytes of the body as sent, coding and chunk marks included

    def header(self, name: str) -> str:
        """The first value of a request header, or ""."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a crawl of the whole site must make of a URL."""

    url: str
    outcome: str  # value of pipelines.model.Outcome
    note: str  # what the page is there for
    named: bool = True  # a feed or sitemap names it; else only a redirect leads there
    same_as: str = ""  # the URL with the same bytes: whichever of the two is fetched first is the article
    title: str = ""
    date: str = ""  # YYYY-MM-DD in the outlet's zone
    language: str = ""
    sentences: tuple[str, ...] = ()  # two that the text must hold
    residue: tuple[str, ...] = ()  # lines of the body that are no part of the article
    agency: str = ""
    outlet: str = ""
