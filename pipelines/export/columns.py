"""The columns of CSV and Parquet: name, type, meaning, place in a row. docs/reference.md has them under "Export".

Names are for good: a column may be added, never renamed or given another type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pipelines.errors import InputError
from pipelines.export import values as v
from pipelines.export.values import Row, Take

#: Members of an object: name and type, or name and members again.
Fields = tuple[tuple[str, "str | Fields"], ...]

_EVIDENCE: Final = (("value", "string"), ("source", "string"), ("confidence", "double"), ("note", "string"))
_PLACED: Final = (*_EVIDENCE, ("block", "int64"), ("start", "int64"), ("end", "int64"))
_LINK: Final = (("url", "string"), ("text", "string"))
_POST: Final = (("author", "string"), ("handle", "string"), ("posted", "string"), ("url", "string"))
_BLOCK: Final = (
    ("kind", "string"),
    ("text", "string"),
    ("kept", "bool"),
    ("removal", "string"),
    ("rule", "string"),
    ("evidence", "string"),
    ("post", _POST),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column, of type string, bool, int64, double, date, timestamp (UTC, microseconds) or list<string>.

    Those of type struct and list<struct> have `fields`, and are in Parquet only.
    """

    name: str
    type: str
    meaning: str
    take: Take
    key: str  # of the row, under which the value stands
    repeats: bool  # few distinct values: worth a dictionary
    fields: Fields

    @property
    def flat(self) -> bool:
        """Whether it is one cell of a table."""
        return not self.fields


def _column(
    name: str,
    kind: str,
    meaning: str,
    place: str | Take = "",
    *,
    key: str = "",
    repeats: bool = False,
    fields: Fields = (),
) -> Column:
    """`place` is a path into the row, its own name by default, or a function of the row that reads `key`."""
    if isinstance(place, str):
        path = place or name
        return Column(name, kind, meaning, v.at(path), key or path.partition(".")[0], repeats, fields)
    return Column(name, kind, meaning, place, key or name, repeats, fields)


def _few(name: str, meaning: str, place: str | Take = "", key: str = "") -> Column:
    """A string of few distinct values."""
    return _column(name, "string", meaning, place, key=key, repeats=True)


def _stated(name: str, what: str) -> tuple[Column, ...]:
    """A time that a page states, as it does, as a day and as a moment."""
    return (
        _column(name, "string", f"{what}, as ISO 8601: a day, or a time with the offset that the page states."),
        _column(f"{name}_day", "date", f"The day in `{name}`, which is the page's own.", v.day_of(name), key=name),
        _column(
            f"{name}_at",
            "timestamp",
            f"The moment in `{name}`; null where it is only a day, or has no offset.",
            v.moment_of(name),
            key=name,
        ),
    )


def _moment(name: str, meaning: str, path: str) -> Column:
    return _column(name, "timestamp", meaning, v.moment_of(path), key=path.partition(".")[0])


COLUMNS: Final[tuple[Column, ...]] = (
    # the article
    _column("id", "string", "Name of the row, the same in every export and re-run of a capture."),
    _column("url", "string", "Address that was captured."),
    _column("canonical_url", "string", "Address that the page gives for itself; versions of a page share it."),
    _few("host", "Host of `url`.", v.host, "url"),
    _few("site", "Registered domain of `url`.", v.site, "url"),
    _column("title", "string", "Headline."),
    _column("authors", "list<string>", "Who wrote it."),
    _few("agency", "News agency behind the text."),
    *_stated("published", "When it was published"),
    _few("published_source", "Where in the page `published` stands.", v.chosen("published", "source"), "published"),
    _column(
        "published_confidence",
        "double",
        "How sure `published` is, 0 to 1.",
        v.chosen("published", "confidence"),
        key="published",
    ),
    *_stated("modified", "When it was last changed"),
    _few("language", "Language of the text, ISO 639-1."),
    _column("categories", "list<string>", "Sections and tags that the page names."),
    _column("topic", "string", "Verdict on the topic, as JSON. Null so far.", v.json_of("topic")),
    _column("story", "string", "Story that it belongs to, as JSON. Null so far.", v.json_of("story")),
    _column("access_free", "bool", "Whether the page states that it is free to read.", "access.free"),
    _column("access_cut", "bool", "Whether the text is only the free part of a paid article.", "access.cut"),
    _column("access_evidence", "list<string>", "What the two rest on.", "access.evidence"),
    _column("words", "int64", "Words of `text`, told by white space.", v.words, key="text"),
    _column("characters", "int64", "Characters of `text`: Unicode code points.", v.characters, key="text"),
    _column("text_sha256", "string", "SHA-256 of `text` in UTF-8: the same words again.", v.text_digest, key="text"),
    _column("removed", "int64", "Blocks of the page that are not in `text`, for a reason that `blocks` names."),
    _column("images", "list<string>", "Addresses of its pictures."),
    # how it ended
    _few("outcome", "How the page ended; see Outcomes."),
    _column("detail", "string", "The same in a line for people."),
    # where it is from
    _few("warc", "WARC file of the record.", "provenance.warc"),
    _column("warc_offset", "int64", "Byte of that file at which the record starts.", "provenance.offset"),
    _column("warc_length", "int64", "Bytes of that file that the record takes.", "provenance.length"),
    _column("record_id", "string", "WARC-Record-ID, without angle brackets.", "provenance.record_id"),
    _column("payload_digest", "string", "Digest of what the server sent.", "provenance.payload_digest"),
    _moment("captured_at", "When it was fetched: WARC-Date.", "provenance.captured_at"),
    _few("charset", "Encoding that the page was decoded with.", "charset.name"),
    _few("charset_reason", "Why that one: bom, http, meta, xml, detected, fallback.", "charset.reason"),
    _column("replaced_characters", "int64", "Bytes that did not decode.", "charset.replaced_characters"),
    # what discovery said of it, unchecked
    _column("found_url", "string", "Address that was discovered, before any redirect.", "found.url"),
    _few("found_route", "How it was discovered: feed, news_sitemap, url_list, ...", "found.route"),
    _few("source", "Id of the outlet in sources.toml, or name of a URL list.", "found.source"),
    _few("found_via", "Feed, sitemap or list that named it.", "found.via"),
    _column("found_title", "string", "Title as stated there.", "found.title"),
    _moment("found_published_at", "Publication as stated there.", "found.published"),
    _moment("found_modified_at", "Last change as stated there.", "found.modified"),
    _few("found_language", "Language as stated there.", "found.language"),
    # what made the row
    _few("warchronicle", "Version of this program.", "processing.warchronicle"),
    _few("python", "Version of Python.", "processing.python"),
    _few("extractor", "Extractor with its version.", "processing.extractor"),
    _few("libraries", "Libraries with their versions.", v.libraries, "processing"),
    _few("rules_digest", "Digest of the rule files.", "processing.rules_digest"),
    _few("run", "Run that made the row; null in a re-run.", "processing.run"),
    # last of the cells, as it is long
    _column("text", "string", "The kept text, one block a line."),
    # objects
    _column("links", "list<struct>", "Links of the text.", fields=_LINK),
    _column("blocks", "list<struct>", "Every block, kept or removed, and the rule that did it.", fields=_BLOCK),
    _column("title_evidence", "list<struct>", "Candidates for the headline, the chosen one first.", fields=_EVIDENCE),
    _column("published_evidence", "list<struct>", "Candidates for the day, the chosen one first.", fields=_EVIDENCE),
    _column("authors_evidence", "list<struct>", "Lists of names, the chosen one first.", fields=_EVIDENCE),
    _column("agency_evidence", "struct", "What names the agency, and which characters of which block.", fields=_PLACED),
)
_BY_NAME: Final = {column.name: column for column in COLUMNS}
#: Keys of a row that the columns hold.
KEYS: Final = frozenset(column.key for column in COLUMNS)

_CLASSES: Final[dict[str, type]] = {
    "string": str,
    "bool": bool,
    "int64": int,
    "double": float,
    "date": date,
    "timestamp": datetime,
    "list<string>": list,
    "list<struct>": list,
    "struct": dict,
}
_INT64: Final = 1 << 63


def named(names: Iterable[str]) -> tuple[Column, ...]:
    """The columns of these names, in this order. Raises `ValueError` for a name that is none, or stands twice."""
    wanted = tuple(names)
    if unknown := [name for name in wanted if name not in _BY_NAME]:
        raise ValueError(f"no column {unknown[0]!r}; known: {', '.join(_BY_NAME)}")
    if twice := [name for name in wanted if wanted.count(name) > 1]:
        raise ValueError(f"column {twice[0]!r} is named twice")
    return tuple(_BY_NAME[name] for name in wanted)


def values(row: Row, columns: Sequence[Column]) -> list[object]:
    """The values of a row, None where there is none. Raises `InputError` where one is not of its column's type."""
    return [checked(column, value, row) if (value := column.take(row)) is not None else None for column in columns]


def checked(column: Column, value: object, row: Row) -> object:
    """A value that is of its column's type, an int as a double where one is due. Raises `InputError`."""
    expected = _CLASSES[column.type]
    if type(value) is expected and (expected is not list or column.fields or _all_strings(value)):
        if expected is not int or -_INT64 <= value < _INT64:  # type: ignore[operator]  # an int by now
            return value
    elif expected is float and type(value) is int:
        return float(value)
    found = f"expected {column.type}, found {str(value)[:80]!r}"
    raise InputError(f"row {row.get('id')!r}: {column.name}: {found}; are these rows of ours?")


def _all_strings(value: object) -> bool:
    return isinstance(value, list) and all(type(part) is str for part in value)
