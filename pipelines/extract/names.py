"""From what stands in a byline or an author field to names: labels, dates, roles and places cut off, lists split.

A name is that of a person, a handle (one word, a login or a first name), or a body (publisher, agency, newsroom).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pipelines import urls
from pipelines.extract import agency, clean
from pipelines.extract import name_words as words
from pipelines.extract.facts import Facts

STATEMENT_MAX: Final = 1000  # characters that are read
NAME_MAX: Final = 80
WORDS_MAX: Final = 6


class Kind(IntEnum):
    """What bears a name; the better answer to "who wrote this" is the greater."""

    BODY = 1
    HANDLE = 2
    PERSON = 3


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    kind: Kind

    @property
    def key(self) -> str:
        return clean.words(self.text)


_COMPACT = re.compile(r"[\W_]+")


def publishers_of(facts: Facts, url: str) -> frozenset[str]:
    """What the publisher of a page may be called, in letters and digits only."""
    host = urls.host_of(url).removeprefix("www.")
    site = urls.site_of(host) if host else ""
    stated = [*facts.site_names, *facts.metas.get("publisher", ()), *facts.metas.get("dc.publisher", ())]
    return frozenset(compact(name) for name in (*stated, host, site, site.partition(".")[0]) if name)


def read(text: str, publishers: frozenset[str], body: bool = False) -> list[Name]:
    """The names in a statement such as "By Ann Lee and Tom Hill | Updated 4 May"; `body`: it is known to name one.

    Pieces that are no names are left out. A publisher's name is not taken to pieces.
    """
    text = text[:STATEMENT_MAX]
    text = clean.line(words.URL.sub(" ", text))
    whole = _bare(text)
    if compact(whole) in publishers or agency.named(whole):
        return [Name(whole, Kind.BODY)] if whole else []
    found = _listed(text, publishers, body)
    if not any(name.kind is Kind.PERSON for name in found) and (inside := words.INSIDE.search(text)):
        found = _listed(text[inside.end() :], publishers, body) or found
    return found


def _listed(text: str, publishers: frozenset[str], body: bool) -> list[Name]:
    found: dict[str, Name] = {}
    for piece in _pieces(text):
        name = _named(piece, publishers, body)
        if name and name.key:
            found.setdefault(name.key, name)
    return list(found.values())


def _bare(text: str) -> str:
    text = text.strip(" ,.-–—|:•·→»«\"'“”„()[]")
    for _ in range(3):
        text, before = words.PREFIX.sub("", text, count=1).strip(" ,-–—|:•·→»\"'“”„"), text
        if text == before:
            break
    return text


def _pieces(text: str) -> Iterator[str]:
    text = _bare(text)
    if digits := words.DIGITS.search(text):
        text = text[: digits.start()]
        while (cut := words.LEADS_TO_DAY.sub("", text)) != text:
            text = cut
    for part in words.AND.split(text):
        pieces = [piece.strip() for piece in part.split(",")]
        if len(pieces) == 2 and " " not in pieces[0] and " " not in pieces[1] and pieces[0] and pieces[1]:
            pieces = [f"{pieces[1]} {pieces[0]}"]  # "Lee, Ann"
        elif len(pieces) >= 2 and " " in pieces[0] and " " not in pieces[1] and not agency.named(pieces[1]):
            del pieces[1]  # "Ann Lee, Nairobi": a place or a role
        for piece in pieces:
            if words.PICTURE.match(piece):
                return
            yield piece


def _named(piece: str, publishers: frozenset[str], body: bool) -> Name | None:
    name = _bare(words.BRACKETS.sub("", piece))
    half = name[: len(name) // 2].rstrip()
    if half and name == f"{half} {half}":  # once for the eye and once for a screen reader
        name = half
    letters = compact(name)
    if letters in publishers or agency.named(name):
        return Name(name, Kind.BODY)
    bare = name
    for _ in range(2):
        bare = words.ROLE_BEHIND.sub("", words.ROLE_AHEAD.sub("", bare)).strip(" ,-–—|:•·")
    if words.ROLES.fullmatch(name):
        return Name(name, Kind.BODY) if " " in name else None  # "Staff Writer"
    if " " in bare and not words.BODY.search(name):
        name, letters = bare, compact(bare)
    parts = name.split()
    if len(letters) < 2 or len(name) > NAME_MAX or len(parts) > WORDS_MAX or letters.isdigit():
        return None
    if (
        all(word in words.NOBODY for word in clean.words(name).split())
        or "admin" in letters
        or words.A_DAY.fullmatch(name)
    ):
        return None
    house = any(len(one) > 4 and one in letters for one in publishers)  # "Example News Team"
    if body or house or words.BODY.search(name) or words.ADDRESS.search(name):
        return Name(name, Kind.BODY)
    if words.CASELESS.search(name):
        return Name(name, Kind.PERSON)
    if len(parts) == 1:
        return Name(name, Kind.HANDLE)
    if words.IS_ROLE.search(name):
        return None
    plain = [word for word in parts if word.casefold() not in words.PARTICLE]
    capital = [word for word in plain if word.lstrip("'’(\"„“")[:1].isupper() or "'" in word or "’" in word]
    if len(capital) < len(plain) or not plain or parts[-1].casefold() in words.PARTICLE:
        return Name(name, Kind.HANDLE) if len(parts) < 3 else None
    return Name(name, Kind.PERSON)


def compact(text: str) -> str:
    """Letters and digits only, case evened: for comparing names of houses with addresses and handles."""
    return _COMPACT.sub("", clean.fold(text))
