"""What a flattened page says of itself in lines of its own: heads of dumps, CMS labels, bylines, date lines.

All of it stands at the edges: above the text, or below its last paragraph. A line in the middle is the article's.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipelines.extract import days, flat_signs
from pipelines.extract.flat_words import Field
from pipelines.extract.names import Kind, Name
from pipelines.extract.posts import Line
from pipelines.model import Removal

_HEAD: Final = 6  # paragraphs above the text that may be labels, apart from those of a dump's head
_TAIL: Final = 40  # and below it
_FOOTERS: Final = 3  # paragraphs of prose that may stand below a label: appeals and notices
_VALUES_MAX: Final = 15
_VALUE_WORDS: Final = 9
_KEYED = re.compile(r"^([^:：|]{2,30}?)\s*[:：]\s*(.*)$")
_URL_LINE = re.compile(r"^<?https?://[^\s<>]{4,1000}>?$")


@dataclass(frozen=True, slots=True)
class Mark:
    """Why a line is none of the text."""

    removal: Removal
    rule: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Dated:
    """A day as stated, still unread, and where."""

    text: str
    source: str
    confidence: float


@dataclass(slots=True)
class Labels:
    """What the lines say of the article, and which of them are none of its text."""

    marks: dict[int, Mark] = field(default_factory=dict)
    bodies: dict[int, str] = field(default_factory=dict)  # lines of which only this is text
    title: int = -1  # line that a label calls the title
    titled: str = ""  # and its words
    authors: list[str] = field(default_factory=list)
    houses: list[str] = field(default_factory=list)  # agencies and newsrooms where an author may be named
    categories: list[str] = field(default_factory=list)
    published: list[Dated] = field(default_factory=list)
    modified: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)


def read(lines: Sequence[Line]) -> Labels:
    """The labels at the edges of a text."""
    reader = _Reader(lines)
    reader.head()
    reader.edges()
    return reader.labels


class _Reader:
    def __init__(self, lines: Sequence[Line]) -> None:
        self.labels = Labels()
        self._lines = lines
        self._prose = [index for index, line in enumerate(lines) if flat_signs.is_prose(line.text)]
        self._timeline = sum(flat_signs.is_day(line.text) for line in lines) > 2  # days are its headings

    def head(self) -> None:
        """The head of a dump: "Title: ...", "Date: ...", from the first line on, two of them at least."""
        keyed: list[tuple[int, Field, str, str]] = []
        for index, line in enumerate(self._lines[: 3 * _HEAD]):
            found = _KEYED.match(line.text)
            kind = flat_signs.label(found[1]) if found else None
            if (
                not found
                or kind is None
                or (kind in {Field.PUBLISHED, Field.MODIFIED} and not flat_signs.dated(found[2]))
            ):
                break
            keyed.append((index, kind, found[1], found[2]))
            if kind is Field.BODY:
                break
        if len({kind for _, kind, _, _ in keyed}) < 2:
            return
        for index, kind, name, value in keyed:
            if kind is Field.BODY:
                if value:
                    self.labels.bodies[index] = value
                else:
                    self._mark(index, Removal.CMS_LABEL, name)
            else:
                self._take(kind, value, name, "head")
                removals = {
                    Field.TITLE: Removal.DUPLICATE_TITLE,
                    Field.AUTHORS: Removal.BYLINE,
                    Field.PUBLISHED: Removal.DATE_LABEL,
                    Field.MODIFIED: Removal.DATE_LABEL,
                }
                self._mark(index, removals.get(kind, Removal.CMS_LABEL), f"{name}:", "dump-head")

    def edges(self) -> None:
        """Lines above the first paragraph of prose and below the last one."""
        index = 0
        while index < len(self._lines):
            index += self._edge(index) if index not in self.labels.marks and self._at_edge(index) else 1

    def _at_edge(self, index: int) -> bool:
        return self._above(index) or (index >= len(self._lines) - _TAIL and self._prose_below(index) <= _FOOTERS)

    def _above(self, index: int) -> bool:
        """Whether a line stands above the text; the first line may be a long title, and stand there twice."""
        first = self._lines[0].text
        prose = (at for at in self._prose if at < index and self._lines[at].text != first)
        return next(prose, None) is None and index - len(self.labels.marks) <= _HEAD

    def _prose_below(self, index: int) -> int:
        return len(self._prose) - bisect_right(self._prose, index)

    def _edge(self, index: int) -> int:
        """Look at one line at an edge; how many lines were dealt with."""
        text = self._lines[index].text
        kind = flat_signs.label(text)
        if kind is not None and (taken := self._labelled(index, kind)):
            return taken
        keyed = _KEYED.match(text)
        if (
            keyed
            and keyed[2]
            and (kind := flat_signs.label(keyed[1])) is not None
            and self._keyed(index, kind, keyed[1], keyed[2])
        ):
            return 1
        if _URL_LINE.match(text) and index == 0:
            self._take(Field.URL, text.strip("<>"), "URL", "line")
            self._mark(index, Removal.CMS_LABEL, "an address alone", "address-line")
        elif flat_signs.is_date(text) and (not self._timeline or not flat_signs.is_day(text)):
            self._date(text, "date line", 0.75)
            self._mark(index, Removal.DATE_LABEL, "a date alone", "date-line")
        elif named := flat_signs.byline(text):
            self._byline(index, named, text)
        return 1

    def _labelled(self, index: int, kind: Field) -> int:
        """A label alone in its line, with the values in the lines below it."""
        name = self._lines[index].text
        values = list(self._values(index + 1))
        if kind is Field.BODY:
            # "Text" may be a heading of the article, but not before its first paragraph.
            if self._prose and index < self._prose[0]:
                self._mark(index, Removal.CMS_LABEL, name)
                return 1
            return 0
        below = self._lines[index + 1].text if index + 1 < len(self._lines) else ""
        if kind is Field.TITLE:
            if not below or index > 1:
                return 0
            self.labels.title, self.labels.titled = index + 1, below
            self._mark(index, Removal.CMS_LABEL, name)
            return 2
        if kind in {Field.PUBLISHED, Field.MODIFIED}:
            fits = values[:1] if values and flat_signs.dated(values[0]) else []
        elif kind is Field.AUTHORS:
            fits = values[:1] if values and flat_signs.named(values[0]) else []
        elif kind is Field.URL:
            fits = values[:1] if values and _URL_LINE.match(values[0]) else []
        elif kind is Field.CATEGORIES:
            fits = values if len(values) <= _VALUES_MAX else []
        else:
            fits = []
        if not fits:
            return 0
        self._mark(index, Removal.CMS_LABEL, name)
        for offset, value in enumerate(fits, 1):
            self._take(kind, value, name, "label")
            self._mark(index + offset, Removal.CMS_LABEL, f"below {name!r}")
        return 1 + len(fits)

    def _values(self, start: int) -> Iterator[str]:
        """Short lines below a label, up to the next label: what may be its values."""
        listed = None
        for line in self._lines[start : start + _VALUES_MAX + 1]:
            marked = bool(flat_signs.MARKER.match(line.text))
            if (
                flat_signs.label(line.text) is not None
                or flat_signs.is_prose(line.text)
                or len(line.text.split()) > _VALUE_WORDS + 2
            ):
                return
            if listed is not None and (line.group != listed[0]) and not (marked and listed[1]):
                return  # a list goes on over blank lines, other values don't
            listed = (line.group, marked)
            yield line.text

    def _keyed(self, index: int, kind: Field, name: str, value: str) -> bool:
        """A label and its value in one line: "Category: World", "Published: 10.09.2022"."""
        fits: dict[Field, Callable[[str], object]] = {
            Field.CATEGORIES: lambda text: len(text) <= 300 and not text.endswith((".", "!", "?")),
            Field.PUBLISHED: flat_signs.is_date,
            Field.MODIFIED: flat_signs.is_date,
            Field.AUTHORS: flat_signs.named,
            Field.URL: _URL_LINE.match,
        }
        if kind not in fits or not fits[kind](value):
            return False
        self._take(kind, value, name, "label")
        removal = {
            Field.AUTHORS: Removal.BYLINE,
            Field.PUBLISHED: Removal.DATE_LABEL,
            Field.MODIFIED: Removal.DATE_LABEL,
        }
        self._mark(index, removal.get(kind, Removal.CMS_LABEL), f"{name}:")
        return True

    def _byline(self, index: int, named: Sequence[Name], text: str) -> None:
        self._authors(named)
        if day := days.first(text):
            self._date(text[day.start : day.end], "byline", 0.75)
        self._mark(index, Removal.BYLINE, ", ".join(name.text for name in named), "byline")

    def _authors(self, named: Sequence[Name]) -> None:
        self.labels.authors.extend(name.text for name in named if name.kind is not Kind.BODY)
        self.labels.houses.extend(name.text for name in named if name.kind is Kind.BODY)

    def _take(self, kind: Field, value: str, name: str, where: str) -> None:
        if kind is Field.TITLE:
            self.labels.titled = value
        elif kind is Field.CATEGORIES:
            self.labels.categories.extend(flat_signs.categories(value))
        elif kind is Field.AUTHORS:
            self._authors(flat_signs.named(value))
        elif kind is Field.PUBLISHED:
            self._date(value, f"{where}:{name.rstrip(' :')}", 0.85)
        elif kind is Field.MODIFIED:
            self.labels.modified.append(value)
        elif kind is Field.URL:
            self.labels.urls.append(value)

    def _date(self, text: str, source: str, confidence: float) -> None:
        self.labels.published.append(Dated(text, source, confidence))

    def _mark(self, index: int, removal: Removal, evidence: str, rule: str = "label") -> None:
        self.labels.marks[index] = Mark(removal, f"flat:{rule}", evidence)
