"""Who wrote an article: every list of names that the page states, with its place; the one that most of them back first.

The rule is a vote. A place's word counts by how often such places are right (`TRUST`, measured by publisher); places
that name the same people add up, and a list takes over the votes of lists that name only some of its people. Persons
count more than handles, and these more than bodies: a newsroom, a publisher or an agency is an author only where the
page says so and names no person as surely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.extract import bylines, jsonld
from pipelines.extract.facts import Facts
from pipelines.extract.names import Kind, Name, compact, publishers_of, read
from pipelines.extract.page import Page
from pipelines.model import Evidence

AUTHORS_MAX: Final = 20
_METAS: Final = (
    "author", "article:author", "article:author_name", "parsely-author", "sailthru.author", "byl", "byline",
    "dc.creator", "dcterms.creator", "citation_author", "og:author", "og:article:author", "cxenseparse:author",
    "dcsext.author", "article_author", "shareaholic:article_author_name",
)  # fmt: skip
#: Place -> how often it is right where it names a person, a handle, a body. Measured on labelled pages.
TRUST: Final = {
    "json-ld:author": (0.93, 0.60, 0.65),
    "json-ld:creator": (0.85, 0.50, 0.30),
    "meta": (0.88, 0.50, 0.30),
    "meta:author": (0.85, 0.50, 0.20),
    "itemprop:near": (0.85, 0.70, 0.70),
    "itemprop:above": (0.80, 0.50, 0.50),
    "itemprop:far": (0.70, 0.50, 0.50),
    "itemprop:outside": (0.75, 0.20, 0.40),
    "class:near": (0.90, 0.65, 0.70),
    "class:above": (0.75, 0.50, 0.40),
    "class:far": (0.50, 0.10, 0.30),
    "class:outside": (0.60, 0.20, 0.40),
    "rel:near": (0.80, 0.80, 0.70),
    "rel:above": (0.75, 0.60, 0.50),
    "rel:far": (0.50, 0.40, 0.40),
    "rel:outside": (0.65, 0.20, 0.30),
    "link:near": (0.80, 0.50, 0.40),
    "link:above": (0.30, 0.10, 0.10),
    "link:far": (0.40, 0.05, 0.05),
    "link:outside": (0.30, 0.10, 0.10),
    "line": (0.60, 0.30, 0.30),
}
_SURE: Final = 0.6  # a person named by such a place saves the search for a line "By ..."
_SUBSET: Final = 0.8  # of the votes for a part of a list that the whole list takes over


@dataclass(frozen=True, slots=True)
class _Stated:
    source: str
    names: tuple[Name, ...]  # all of one kind
    trust: float
    note: str = ""

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(name.key for name in self.names)


def authors(page: Page, facts: Facts, url: str) -> tuple[Evidence, ...]:
    """Every list of authors that the page states, the chosen one first; () if it states none.

    `Evidence.value` holds the names, "; " between them (`chosen` splits them); `note` says what they are if no persons.
    """
    publishers = publishers_of(facts, url) | _bodies(facts.article.get("author"))
    stated = list(_statements(facts, publishers))
    stated += _places(bylines.find(page, facts, publishers))
    if not any(one.trust >= _SURE and not one.note for one in stated):
        first = next(bylines.lines(page, facts, publishers), None)
        stated += _best("line", "line", first.names) if first else ()
    votes: dict[frozenset[str], float] = {}
    for one in stated:
        votes[one.keys] = 1 - (1 - votes.get(one.keys, 0.0)) * (1 - one.trust)
    whole = {
        keys: 1 - (1 - vote) * _product(1 - _SUBSET * votes[part] for part in votes if part < keys)
        for keys, vote in votes.items()
    }
    total = sum(votes.values())
    order = sorted(range(len(stated)), key=lambda i: (-round(whole[stated[i].keys], 3), -stated[i].trust, i))
    return tuple(
        Evidence(
            "; ".join(name.text for name in stated[i].names[:AUTHORS_MAX]),
            stated[i].source,
            round(whole[stated[i].keys] * (0.5 + 0.5 * min(1.0, whole[stated[i].keys] / total)), 2),
            stated[i].note,
        )
        for i in order
    )


def chosen(candidates: Sequence[Evidence]) -> tuple[str, ...]:
    """The names of the first candidate."""
    return tuple(candidates[0].value.split("; ")) if candidates else ()


def names(text: str) -> tuple[str, ...]:
    """The names in a byline or a field that stands in no page."""
    found = read(text, frozenset())
    best = max((name.kind for name in found), default=None)
    return tuple(name.text for name in found if name.kind is best)[:AUTHORS_MAX]


def _product(factors: Iterator[float]) -> float:
    product = 1.0
    for factor in factors:
        product *= factor
    return product


def _statements(facts: Facts, publishers: frozenset[str]) -> Iterator[_Stated]:
    for source in ("author", "creator"):
        yield from _best(f"json-ld:{source}", f"json-ld:{source}", _of_json_ld(facts.article.get(source), publishers))
    for meta in _METAS:
        found = [name for text in facts.metas.get(meta, ()) for name in read(text, publishers)]
        yield from _best(f"meta:{meta}", "meta:author" if meta == "author" else "meta", found)


def _of_json_ld(value: object, publishers: frozenset[str]) -> list[Name]:
    found: list[Name] = []
    for part in value if isinstance(value, list) else [value]:
        body = isinstance(part, dict) and _is_body(part)
        texts = jsonld.texts(part) if not isinstance(part, dict) or part.get("name") else []
        if isinstance(part, dict) and not texts:
            texts = [f"{jsonld.text(part.get('givenName'))} {jsonld.text(part.get('familyName'))}".strip()]
        for text in texts:
            found.extend(read(text, publishers, body))
    return found


def _bodies(value: object) -> frozenset[str]:
    """What JSON-LD calls an organisation is none of the persons that other places seem to name."""
    parts = value if isinstance(value, list) else [value]
    nodes = [part for part in parts if isinstance(part, dict) and _is_body(part)]
    return frozenset(compact(text) for text in jsonld.texts(nodes))


def _is_body(node: jsonld.Node) -> bool:
    kinds = jsonld.types(node)
    return bool(kinds) and all(kind.endswith("Organization") or kind == "Corporation" for kind in kinds)


def _places(found: Sequence[bylines.Byline]) -> Iterator[_Stated]:
    """The first place of each sort; what follows it names the authors of other articles."""
    seen = set()
    for byline in found:
        where = (
            "outside" if byline.outside
            else "above" if byline.distance < 0
            else "near" if byline.distance <= bylines.NEAR
            else "far"
        )  # fmt: skip
        place = f"{byline.source}:{where}"
        if place not in seen:
            seen.add(place)
            yield from _best(place, place, byline.names)


def _best(source: str, place: str, found: Sequence[Name]) -> Iterator[_Stated]:
    """The names of the best kind among those that one place states."""
    if not found:
        return
    kind = max(name.kind for name in found)
    unique = {name.key: name for name in reversed(found) if name.kind is kind}
    note = {Kind.PERSON: "", Kind.HANDLE: "one word", Kind.BODY: "no person"}[kind]
    yield _Stated(source, tuple(reversed(unique.values())), TRUST[place][Kind.PERSON - kind], note)
