"""Names out of bylines and author fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.names import NAME_MAX, Kind, read

PUBLISHERS = frozenset({"examplenews", "newsexampleorg", "example"})
WORDS = [
    "Ann",
    "Lee",
    "by",
    "von",
    "and",
    ",",
    "|",
    "(",
    ")",
    "Reporter",
    "2022",
    "on",
    "May",
    "@",
    "dpa",
    "і",
    " ",
    "-",
]


def persons(text):
    found = read(text, PUBLISHERS)
    return tuple(name.text for name in found if name.kind is Kind.PERSON)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Ann Lee and Tom Hill", ("Ann Lee", "Tom Hill")),
        ("By Ann Lee and Tom Hill on December 21, 2023 at 3:53PM PST", ("Ann Lee", "Tom Hill")),
        ("Posted on September 21, 2020 by Ann Lee", ("Ann Lee",)),
        ("Photos and Story By Ann Lee", ("Ann Lee",)),
        ("Von Eva Kern und Jan Lohr", ("Eva Kern", "Jan Lohr")),
        ("Veröffentlicht von Eva Kern", ("Eva Kern",)),
        ("Eva Kern | 12. Mai 2022, 10:15 Uhr", ("Eva Kern",)),
        ("und Interview: Eva Kern", ("Eva Kern",)),
        ("Par Léa Petit et Hugo Roux", ("Léa Petit", "Hugo Roux")),
        ("Propos recueillis par Léa Petit", ("Léa Petit",)),
        ("Por José García y Ana Ruiz", ("José García", "Ana Ruiz")),
        ("di Marco Rossi", ("Marco Rossi",)),
        ("Marco Di Rossi", ("Marco Di Rossi",)),
        ("Олена Коваль і Петро Дуб", ("Олена Коваль", "Петро Дуб")),
        ("Олена Коваль та Петро Дуб", ("Олена Коваль", "Петро Дуб")),
        ("Иван Серов и Анна Лис", ("Иван Серов", "Анна Лис")),
        ("Автор: Олена Коваль", ("Олена Коваль",)),
        ("Jan Nowak, Ewa Lis, Piotr Mak", ("Jan Nowak", "Ewa Lis", "Piotr Mak")),
        ("Tekst: Jan Nowak", ("Jan Nowak",)),
        ("Ann Lee, Nairobi", ("Ann Lee",)),
        ("Lee, Ann", ("Ann Lee",)),
        ("Ann Lee (ale)", ("Ann Lee",)),
        ("Ann Lee / Journalist", ("Ann Lee",)),
        ("Ann Lee MS, RDN", ("Ann Lee",)),
        ("Ann Lee, Chief Technology Officer and Head of Labs", ("Ann Lee",)),
        ("Eva Kern Chefredakteurin", ("Eva Kern",)),
        ("Journalist Ann Lee", ("Ann Lee",)),
        ("Ann Lee | The Example Gazette", ("Ann Lee",)),
        ("Ann Lee, Image: Tom Hill", ("Ann Lee",)),
        ("Anna Lind og Per Moe", ("Anna Lind", "Per Moe")),
        ("Ludwig van der Berg", ("Ludwig van der Berg",)),
        ("Ann Lee, Ann Lee", ("Ann Lee",)),
        ("Ann Lee Ann Lee", ("Ann Lee",)),
        ("渡辺洋介", ("渡辺洋介",)),
        ("Ann Lee https://news.example.org/ann ann@example.org @annlee", ("Ann Lee",)),
        ("Foto: Tom Hill", ()),
        ("https://news.example.org/authors/ann", ()),
        ("ann@example.org", ()),
        ("Tips and tricks for your home", ()),
        ("21.05.2022, 10:15", ()),
    ],
)
def test_persons(text, names):
    assert persons(text) == names


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Example News", Kind.BODY),
        ("by Example News", Kind.BODY),
        ("Example News Team", Kind.BODY),
        ("news.example.org", Kind.BODY),
        ("Reuters", Kind.BODY),
        ("dpa", Kind.BODY),
        ("Укрінформ", Kind.BODY),
        ("Redaktion", Kind.BODY),
        ("Staff Writer", Kind.BODY),
        ("Some House GmbH", Kind.BODY),
        ("annlee", Kind.HANDLE),
        ("Nils", Kind.HANDLE),
        ("von r23 » 21.01.2009", Kind.HANDLE),
    ],
)
def test_kinds(text, kind):
    assert [name.kind for name in read(text, PUBLISHERS)] == [kind]


@pytest.mark.parametrize(
    "text",
    ["", "-", "admin", "wordpressadmin", "Posted on", "Veröffentlicht am", "Follow", "Folgen", "Dec", "Publisher"],
)
def test_nobody(text):
    assert read(text, PUBLISHERS) == []


def test_a_known_body_stays_one():
    assert [(name.text, name.kind) for name in read("Ann Lee", PUBLISHERS, body=True)] == [("Ann Lee", Kind.BODY)]


@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.text(max_size=120))
def test_any_text(text):
    found = read(text, PUBLISHERS)
    assert len({name.key for name in found}) == len(found)
    for name in found:
        assert name.key
        assert len(name.text) <= max(NAME_MAX, len(text) if name.kind is Kind.BODY else 0)
