"""The values that move through the house: frozen, slotted, standard library only.

One page's life, in this order: discovery names it (`Found`), the download handler sees one exchange
(`Capture`), the recorder says where it lies (`Locator`), and derivation turns that into a `Derived`:
an `Outcome` and, where the page was one, an `Article`.

All times are aware and in UTC. All bytes are as they were on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Route(StrEnum):
    """How a URL came to our notice."""

    FEED = "feed"  # RSS, Atom or JSON Feed item
    NEWS_SITEMAP = "news_sitemap"  # sitemap entry with Google News fields
    SITEMAP = "sitemap"  # plain sitemap entry
    URL_LIST = "url_list"  # a file, stdin or CSV column that somebody gave us
    ROBOTS = "robots"  # a Sitemap line of robots.txt, or robots.txt itself
    LINK = "link"  # <link rel=alternate> of a page
    CONFIG = "config"  # an address written in config/sources.toml
    UNKNOWN = "unknown"  # a foreign WARC, which does not say


class Role(StrEnum):
    """What a fetched document is for. Only pages are derived; all roles are recorded."""

    PAGE = "page"
    FEED = "feed"
    SITEMAP = "sitemap"
    ROBOTS = "robots"
    INDEX = "index"  # a front page, read for the feeds and sitemaps that it links


@dataclass(frozen=True, slots=True)
class Found:
    """A URL that discovery saw, with what was said of it there. Nothing of it is checked."""

    url: str
    route: Route
    source: str = ""  # outlet id of config/sources.toml, or the name of a URL list; empty where none is known
    via: str = ""  # URL of the feed, sitemap or page that named it; a file name for URL lists
    title: str = ""
    published: datetime | None = None  # as stated, when it could be read as a date
    published_raw: str = ""  # as stated, always
    modified: datetime | None = None
    language: str = ""  # as stated (BCP 47)
    hops: int = 0  # redirects between the URL that discovery named and this one


class Truncation(StrEnum):
    """Why a capture is not whole. The values are those of WARC-Truncated (WARC 1.1, section 5.13)."""

    LENGTH = "length"  # our size limit
    TIME = "time"  # our time limit
    DISCONNECT = "disconnect"  # the peer hung up before the message ended
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What was negotiated on the connection that carried an exchange."""

    version: str  # as OpenSSL names it: "TLSv1.3"
    cipher: str  # as OpenSSL names it: "TLS_AES_256_GCM_SHA384"
    certificate_sha256: str  # hex digest of the peer's leaf certificate (DER); empty if unknown


@dataclass(frozen=True, slots=True)
class Capture:
    """One HTTP exchange as it was on the wire.

    `response` starts at the status line of the final (non-1xx) message and ends where that message
    ended, transfer and content coding untouched; it is empty if no byte came back. `interim` holds
    the 1xx messages before it.
    """

    url: str
    started_at: datetime  # just before the request was handed to the connection
    request: bytes
    response: bytes
    interim: bytes = b""
    peer: str = ""  # IP address dialled, without port
    tls: TlsFacts | None = None
    truncated: Truncation | None = None
    error: str = ""  # what went wrong, in one line, where the exchange did not end well
    role: Role = Role.PAGE
    found: Found | None = None


class RecordKind(StrEnum):
    """How the recorder stored an exchange (WARC 1.1, section 6)."""

    RESPONSE = "response"
    REVISIT_IDENTICAL = "identical-payload-digest"
    REVISIT_NOT_MODIFIED = "server-not-modified"
    REQUEST_ONLY = "request"  # no byte of a response came back


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a record lies. `warc` is relative to the archive root, or a path for foreign files.

    A WARC that still grows has ``.open`` behind its name on disk, never in a locator.
    """

    warc: str
    offset: int  # bytes, of the gzip member that holds the record
    length: int  # bytes, of that member
    record_id: str  # "urn:uuid:...", without angle brackets


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recorder's answer: the record of an exchange and the facts that callers decide on."""

    locator: Locator
    kind: RecordKind
    url: str
    captured_at: datetime
    status: int  # 0 if there was no status line
    mime: str  # media type of Content-Type, lower case, without parameters; "" if none
    payload_digest: str  # "sha1:BASE32" over the de-chunked entity; "" if there was no payload
    role: Role = Role.PAGE
    source: str = ""  # outlet id, from Found
    refers_to: str = ""  # revisits: record id of the record that holds the payload
    truncated: Truncation | None = None
    etag: str = ""  # validators for the next conditional request
    last_modified: str = ""


class DamageKind(StrEnum):
    """What can be wrong with a place in a WARC."""

    CUT = "cut"  # the file ends inside a record
    NOT_GZIP = "not_gzip"  # bytes that are no gzip member, where one should start
    BAD_GZIP = "bad_gzip"  # a member that does not inflate, or fails its CRC
    NOT_WARC = "not_warc"  # a member that holds no WARC record, or a head that can't be read
    MISSING_HEAD = "missing_head"  # a field that WARC 1.1 requires is not there
    LENGTH = "length"  # Content-Length and the bytes present disagree
    BLOCK_DIGEST = "block_digest"
    PAYLOAD_DIGEST = "payload_digest"
    TOO_LARGE = "too_large"  # the record inflates past the limit
    TRAILING = "trailing"  # bytes after a record that belong to none


@dataclass(frozen=True, slots=True)
class Damage:
    """A place in a WARC that is not sound. Reading goes on behind it."""

    warc: str
    offset: int
    length: int  # bytes of the file passed over; 0 where the record itself could be read
    kind: DamageKind
    detail: str


@dataclass(frozen=True, slots=True)
class Record:
    """A WARC record as read. `fields` keep their order and spelling; look-ups are case-blind."""

    locator: Locator
    type: str  # WARC-Type: "response", "request", "revisit", "metadata", "warcinfo", "resource", ...
    url: str  # WARC-Target-URI, without angle brackets; "" if none
    date: datetime
    fields: tuple[tuple[str, str], ...]
    block: bytes
    payload_digest: str = ""  # as stated

    def field(self, name: str) -> str:
        """The first value of a WARC field, or ""."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key.lower() == wanted), "")


class BlockKind(StrEnum):
    """What a block of an article is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST_ITEM = "list_item"
    QUOTE = "quote"
    TABLE_ROW = "table_row"
    EMBED = "embed"
    CAPTION = "caption"
    CREDIT = "credit"


#: Kinds that make up `Article.text`; captions and credits stand outside it.
BODY_KINDS = frozenset(
    {
        BlockKind.PARAGRAPH,
        BlockKind.HEADING,
        BlockKind.LIST_ITEM,
        BlockKind.QUOTE,
        BlockKind.TABLE_ROW,
        BlockKind.EMBED,
    }
)


class Removal(StrEnum):
    """Why a block is not part of the text. A removed block stays in the row, with its rule."""

    DUPLICATE_TITLE = "duplicate_title"  # the headline again, as a paragraph or heading
    SHARE_APPEAL = "share_appeal"  # share it with your friends; if you liked this ...
    FOLLOW_US = "follow_us"  # our channels elsewhere
    NEWSLETTER = "newsletter"
    SUBSCRIBE = "subscribe"  # log in, register, pay, read on with a subscription
    DONATE = "donate"
    RELATED_LINKS = "related_links"  # headlines of other articles
    READ_ALSO = "read_also"  # prompts to read something else
    COMMENTS_PROMPT = "comments_prompt"  # also ratings, polls, corrections and tips
    AUTHOR_BIO = "author_bio"
    BYLINE = "byline"
    DATE_LABEL = "date_label"  # published, updated, reading time
    COPYRIGHT = "copyright"  # also disclaimers and terms of reprinting
    COOKIE = "cookie"  # consent, also of embeds
    ADVERT = "advert"
    PHOTO_CREDIT = "photo_credit"  # a picture's source, standing as a line of the text
    CMS_LABEL = "cms_label"  # "Description", "Category", and what stands under them
    BREADCRUMB = "breadcrumb"  # the path of sections, tags
    PLAYER = "player"  # of sound and video, and what a browser can't show
    SITE_REPEAT = "site_repeat"  # stands in several stories of the outlet
    PAGE_REPEAT = "page_repeat"  # the same block again in the same page
    BOILERPLATE = "boilerplate"  # by its features, without a word that says which kind


@dataclass(frozen=True, slots=True)
class Post:
    """What an embedded post says of itself; "" where it does not."""

    author: str = ""
    handle: str = ""  # with its @
    posted: str = ""  # ISO 8601 where the date could be read, else as stated
    url: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of the page, in reading order; kept unless `removal` says why not."""

    kind: BlockKind
    text: str  # one line, NFC, no control characters
    removal: Removal | None = None
    rule: str = ""  # name of the rule that removed it: "en:share-with-friends", "title-repeated"
    evidence: str = ""  # what the rule saw: the words that matched, "in 14 stories of example.org"
    post: Post | None = None  # of an EMBED

    @property
    def kept(self) -> bool:
        return self.removal is None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One candidate for a field and where it stands in the page."""

    value: str
    source: str  # "json-ld", "meta:og:title", "url", "time", "visible", "feed", ...
    confidence: float  # 0 to 1
    note: str = ""  # why it was not chosen, where that helps: "after capture"


@dataclass(frozen=True, slots=True)
class Span:
    """Where in an article something stands: characters `start` to `end` of the text of a block."""

    block: int  # index in Article.blocks
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Access:
    """Whether the whole article could be read: what the publisher states, and what the page shows."""

    free: bool | None  # as stated; None if nothing is stated. Publishers lie: a page may say False and hold all of it
    cut: bool  # judged: the text is only the free part of a paid article
    evidence: tuple[str, ...] = ()  # the statements and the signs


@dataclass(frozen=True, slots=True)
class Link:
    """An outgoing link of the article body."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says, derived from its record alone."""

    url: str
    canonical_url: str
    title: str
    authors: tuple[str, ...]
    agency: str  # news agency behind the text, "" if none is named
    published: str  # ISO 8601, a day or a time with its offset as the page states it; "" if unknown
    published_evidence: tuple[Evidence, ...]  # every candidate, the chosen one first
    title_evidence: tuple[Evidence, ...]
    modified: str
    language: str  # ISO 639-1 of the text; "" if undecided
    categories: tuple[str, ...]
    blocks: tuple[Block, ...]
    links: tuple[Link, ...] = ()
    images: tuple[str, ...] = ()
    charset: str = ""  # encoding that the page was decoded with
    charset_reason: str = ""  # why that one: "bom", "http", "meta", "xml", "detected", "fallback"
    replaced_characters: int = 0  # U+FFFD put in for bytes that did not decode
    authors_evidence: tuple[Evidence, ...] = ()  # every list of names, "; " between them, the chosen one first
    agency_evidence: Evidence | None = None
    agency_span: Span | None = None  # the words that name the agency; None where the metadata do
    access: Access | None = None  # None where the page says and shows nothing of it

    @property
    def text(self) -> str:
        """The kept body, one block a line."""
        return "\n".join(block.text for block in self.blocks if block.kept and block.kind in BODY_KINDS)


class Outcome(StrEnum):
    """How a URL or a record ended. Every one ends in exactly one of these.

    docs/reference.md says what each means and who should act; a test holds the two together.
    """

    # kept as text
    ARTICLE = "article"
    # a page that is no article, or not one that we could use
    NO_TEXT = "no_text"
    NOT_HTML = "not_html"
    BLOCKED_PAGE = "blocked_page"
    CONSENT_PAGE = "consent_page"
    PAYWALLED = "paywalled"
    TRUNCATED = "truncated"
    UNDECODABLE = "undecodable"
    DUPLICATE = "duplicate"
    NOT_MODIFIED = "not_modified"
    # what the server answered instead of a page
    REDIRECT = "redirect"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    HTTP_OTHER = "http_other"
    # the extractor was stopped
    EXTRACT_TIMEOUT = "extract_timeout"
    EXTRACT_MEMORY = "extract_memory"
    EXTRACT_CRASH = "extract_crash"
    # no response came back
    DNS_ERROR = "dns_error"
    CONNECT_ERROR = "connect_error"
    TLS_ERROR = "tls_error"
    TIMEOUT = "timeout"
    PROTOCOL_ERROR = "protocol_error"
    # we did not ask
    ROBOTS_DISALLOWED = "robots_disallowed"
    BLOCKED_ADDRESS = "blocked_address"
    OUT_OF_SCOPE = "out_of_scope"
    OUT_OF_WINDOW = "out_of_window"
    OVER_BUDGET = "over_budget"
    BAD_URL = "bad_url"
    # a record that can't be used
    DAMAGED_RECORD = "damaged_record"
    NOT_HTTP = "not_http"
    UNRESOLVED_REVISIT = "unresolved_revisit"


@dataclass(frozen=True, slots=True)
class Processing:
    """What made a derived row: enough to make it again."""

    warchronicle: str
    python: str
    extractor: str  # "trafilatura 2.3.1"
    libraries: tuple[tuple[str, str], ...]  # name, version of all that can change the text
    rules_digest: str  # "sha256:hex" over the rule files
    run: str = ""  # run id; the only field that differs between two runs of the same code


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a row comes from; None for plain HTML input."""

    locator: Locator
    payload_digest: str
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Derived:
    """The result for one record: always an outcome, an article where there is one."""

    id: str
    url: str
    outcome: Outcome
    detail: str = ""  # one line for people: what was seen, what to do
    article: Article | None = None
    provenance: Provenance | None = None
    location: str = ""  # of a redirect: the absolute URL it leads to


@dataclass(frozen=True, slots=True)
class Item:
    """What derivation takes, live and from archives alike."""

    locator: Locator
    found: Found | None = field(default=None)
