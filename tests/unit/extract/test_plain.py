"""Flattened text: dumps of any shape to title, blocks, metadata."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.derive import DeriveSettings, derive_text
from pipelines.extract import days, flat_lines, flat_markup, flat_signs, plain
from pipelines.extract.residue.strip import Evidence, Residue
from pipelines.model import Block, BlockKind, Outcome, Post, Removal

K = BlockKind
NONE = Residue(frozenset())
TITLE = "First train in six months leaves Kupiansk"
P = (
    (
        "The first train in six months left the station of Kupiansk on Saturday morning with two carriages, and those who "
        "had waited for it since the spring stood on the platform with bread and candles."
    ),
    (
        "Railway workers had repaired four hundred metres of track after the town was retaken, the state company said in a "
        "statement that it published on Sunday, and they found eleven mines under the rails."
    ),
    (
        "“We did not believe that it would come,” said a teacher of sixty who had come to meet her sister, and whose house "
        "beside the bridge lost its roof in the first week of the war."
    ),
)
UK = (
    (
        "Перший за пів року поїзд вирушив зі станції Куп'янськ у суботу вранці з двома вагонами, а люди, які чекали на нього"
        " з весни, стояли на пероні зі свічками та хлібом."
    ),
    (
        "Залізничники відремонтували чотириста метрів колії після звільнення міста, повідомила державна компанія в неділю,"
        " і знайшли під рейками одинадцять мін."
    ),
)


def article(text: str | bytes, url: str = "", **options):
    found = plain.extract(text if isinstance(text, bytes) else text.encode(), url, **options)
    assert found is not None
    return found


def dump(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"


def removed(found) -> list[tuple[str, str]]:
    return [(block.removal.value, block.text) for block in found.blocks if not block.kept]


def kinds(found) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in found.blocks if block.kept]


# title


def test_the_first_line_is_the_title_and_no_text():
    found = article(dump(TITLE, *P))
    assert (found.title, found.text.splitlines()) == (TITLE, list(P))
    assert found.title_evidence[0].source == "first line"


def test_a_repeated_title_is_removed_once_said():
    found = article(dump(f"{TITLE}.", f"{TITLE}.", *P))
    assert (found.title, found.text.splitlines()) == (f"{TITLE}.", list(P))
    assert removed(found) == [("duplicate_title", f"{TITLE}.")]


@pytest.mark.parametrize(
    "first",
    [
        P[0],
        "The train left. The people cheered. The war goes on.",
        "He said:",
        "It left on Saturday, the railway said, with all who had a ticket and several who did not have one and came anyway.",
    ],
)
def test_a_first_line_of_text_stays_in_the_text(first):
    found = article(dump(first, "The train left.", "The people cheered.", "And the war goes on."))
    assert (found.title, found.text.splitlines()[0]) == ("", first)


def test_one_line_is_text():
    found = article(P[0])
    assert (found.title, found.text) == ("", P[0])


@pytest.mark.parametrize(
    "title", ["Will the trains run?", "Trains run again, says Kyiv", "«Ми чекали»: поїзд у Куп'янську…"]
)
def test_titles_of_other_shapes(title):
    assert article(dump(title, *P)).title == title


# lines and paragraphs


def test_a_line_is_a_paragraph_where_no_line_is_blank():
    found = article("\n".join([TITLE, *P]))
    assert (found.title, found.text.splitlines()) == (TITLE, list(P))


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\u2028", "\x85"])
def test_line_ends_of_any_kind(ends):
    assert article(ends.join([TITLE, "", P[0], "", P[1]])).text.splitlines() == list(P[:2])


@pytest.mark.parametrize("width", [60, 72, 80])
@pytest.mark.parametrize("between", ["\n\n", "\n"])
def test_wrapped_lines_are_joined(width, between):
    texts = [TITLE, *P]
    wrapped = between.join(textwrap.fill(text, width) for text in texts)
    assert [line.text for line in flat_lines.paragraphs(wrapped)] == texts


def test_paragraphs_by_indent():
    wrapped = "\n".join(textwrap.fill(text, 72, initial_indent="    ") for text in P)
    assert [line.text for line in flat_lines.paragraphs(wrapped)] == list(P)


def test_short_lines_of_a_paragraph_are_lines_of_their_own():
    assert article(dump(TITLE, P[0], "One line.\nAnother line.", P[1])).text.splitlines() == [
        P[0],
        "One line.",
        "Another line.",
        P[1],
    ]


def test_a_list_in_wrapped_text_keeps_its_items():
    text = dump(*(textwrap.fill(part, 64) for part in P), "- one\n- two")
    assert [block.text for block in article(text).blocks][-2:] == ["one", "two"]


@settings(max_examples=60)
@given(st.lists(st.text(alphabet="abcdef ghij.,", min_size=5, max_size=400).filter(str.strip), min_size=1, max_size=8))
def test_no_word_is_lost_by_joining_lines(texts):
    text = "\n\n".join(textwrap.fill(part, 66) for part in texts)
    joined = " ".join(line.text for line in flat_lines.paragraphs(text))
    assert [w for w in joined.split() if w.isalnum()] == [w for w in text.split() if w.isalnum()]


# bytes


def test_encodings_and_controls():
    text = dump("Перший поїзд", *UK)
    for data in (
        text.encode("cp1251"),
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.encode("koi8-u"),
        text.replace("\n\n", "\0\n\f\n").encode(),
    ):
        found = article(data)
        assert (found.title, found.text.splitlines(), found.language) == ("Перший поїзд", list(UK), "uk"), found.charset


def test_a_form_feed_ends_a_paragraph():
    assert article(f"{TITLE}\n\n{P[0]}\f{P[1]}\n").text.splitlines() == list(P[:2])


# leftovers of markup


@pytest.mark.parametrize(
    ("left", "text"),
    [
        ("he <u>announced</u> it", "he announced it"),
        ("the **liberation of towns** and *more*", "the liberation of towns and more"),
        ("__so__ it is _said_ here", "so it is said here"),
        ("A &amp;amp; B&nbsp;&#8217;s &lt;3", "A & B ’s <3"),
        ("see [the map](https://example.org/m) now", "see the map now"),
        ('see <a class="x" href="/m">the map</a> now', "see the map now"),
        ("f*** and s**t, 2*3*4, 5 * 6 * 7, a footnote* here*", "f*** and s**t, 2*3*4, 5 * 6 * 7, a footnote* here*"),
        ("snake_case_name @_handle_ https://e.org/_a_/", "snake_case_name @_handle_ https://e.org/_a_/"),
        ("3 < 5 and 7 > 2", "3 < 5 and 7 > 2"),
        (r"5 \* 6 \_ 7", "5 * 6 _ 7"),
    ],
)
def test_leftovers_of_markup(left, text):
    assert " ".join(flat_markup.undo(left).text.split()) == text


def test_links_and_images_of_markdown():
    found = article(
        dump(
            TITLE,
            f"{P[0]} See [the map](https://example.org/m).",
            "![A train stands at the platform](https://e.org/i.jpg)",
            P[1],
        )
    )
    assert [(link.url, link.text) for link in found.links] == [("https://example.org/m", "the map")]
    assert found.images == ("https://e.org/i.jpg",)
    assert (K.CAPTION, "A train stands at the platform") in kinds(found)


# kinds


def test_kinds_of_blocks():
    found = article(
        dump(
            TITLE,
            P[0],
            "– Bridge repaired –",
            P[1],
            "AFP/Getty Images: A train at the platform of Kupiansk, in the Kharkiv region, on Sept. 10, 2022.",
            "What comes next",
            P[2],
            "- a road\n- a bridge",
            "1. Rails are laid.\n2. Trains are tested.",
            "> The winter will be long, she said.",
            "| Town | Day |\n|---|---|\n| Izium | 10 September |",
            "Photo: Ann Lee / Reuters",
            "– Ми чекали, – сказала вона.",
            P[1][:-1] + " too.",
        )
    )
    expected = [
        (K.PARAGRAPH, P[0]),
        (K.HEADING, "– Bridge repaired –"),
        (K.PARAGRAPH, P[1]),
        (K.CAPTION, "AFP/Getty Images: A train at the platform of Kupiansk, in the Kharkiv region, on Sept. 10, 2022."),
        (K.HEADING, "What comes next"),
        (K.PARAGRAPH, P[2]),
        (K.LIST_ITEM, "a road"),
        (K.LIST_ITEM, "a bridge"),
        (K.LIST_ITEM, "1. Rails are laid."),
        (K.LIST_ITEM, "2. Trains are tested."),
        (K.QUOTE, "The winter will be long, she said."),
        (K.TABLE_ROW, "Town | Day"),
        (K.TABLE_ROW, "Izium | 10 September"),
        (K.PARAGRAPH, "– Ми чекали, – сказала вона."),
        (K.PARAGRAPH, P[1][:-1] + " too."),
    ]
    assert [kept for kept in kinds(found) if kept[0] is not K.CREDIT] == expected
    assert "Photo: Ann Lee" not in found.text


@pytest.mark.parametrize(
    ("line", "caption"),
    [
        ("A train at the platform of Kupiansk (AP Photo/Ann Lee)", True),
        ("Photo: A train at the platform of Kupiansk", True),
        ("Фото: поїзд на пероні станції Куп'янськ, 10 вересня", True),
        ("A train at the platform of Kupiansk. © AFP", True),
        ("Reuters: Kyiv says that trains will run again", False),
        ("The agency said so (Reuters)", False),
        ("He told Reuters: the trains will run again.", False),
    ],
)
def test_captions_name_who_took_the_picture(line, caption):
    assert (
        K.CAPTION in [kind for kind, text in kinds(article(dump(TITLE, P[0], line, P[1]))) if text == line]
    ) is caption


def test_posts_are_blocks_with_what_they_say_of_themselves():
    found = article(
        dump(
            TITLE,
            P[0],
            ".@rail map shows how far the",
            "trains go this week. pic.twitter.com/0Abc",
            "— Ann Lee ?? (@annlee) September 10, 2022",
            P[1],
        )
    )
    text = ".@rail map shows how far the trains go this week. pic.twitter.com/0Abc — Ann Lee ?? (@annlee) September 10, 2022"
    assert found.blocks[1] == Block(
        K.EMBED, text, post=Post("Ann Lee", "@annlee", "2022-09-10", "https://pic.twitter.com/0Abc")
    )
    assert text in found.text


# labels, heads, bylines, dates


def test_labels_of_a_cms_are_metadata():
    found = article(
        dump(
            TITLE,
            "Description",
            *P,
            "— Ann Lee (@annlee) September 10, 2022",
            "by Tom Hill",
            "Category",
            "- 1. Rails-Roads and Bridges.\n- 2. Main",
            "Date Created",
            "09/12/2022",
        )
    )
    assert found.categories == ("Rails-Roads and Bridges", "Main")
    assert found.authors == ("Tom Hill",)
    assert found.published == "2022-09-12"
    assert found.published_evidence[0].note.startswith("nearest to the days in the text")
    assert [text for _, text in removed(found)] == [
        "Description",
        "by Tom Hill",
        "Category",
        "- 1. Rails-Roads and Bridges.",
        "- 2. Main",
        "Date Created",
        "09/12/2022",
    ]
    assert {removal for removal, _ in removed(found)} == {"cms_label", "byline"}
    assert found.text.splitlines()[:2] == list(P[:2])


@pytest.mark.parametrize(
    ("description", "category", "created", "by"),
    [
        ("Опис", "Категорія", "Дата створення", "Автор: Іван Петренко"),
        ("Описание", "Категория", "Дата создания", "Автор: Иван Петренко"),
        ("Description", "Catégorie", "Date de création", "Par Anne Dupont"),
        ("Beschreibung", "Kategorie", "Erstellt am", "Von Eva Roth"),
        ("Descripción", "Categoría", "Fecha de creación", "Por Luz Gil"),
        ("Descrizione", "Categoria", "Data di creazione", "Autore: Anna Neri"),
        ("Opis", "Kategoria", "Data utworzenia", "Autor: Jan Nowak"),
    ],
)
def test_labels_in_other_languages(description, category, created, by):
    found = article(dump(TITLE, description, *UK, by, category, "- 1. Main.", created, "12.09.2022"))
    assert found.text.splitlines() == list(UK)
    assert (found.categories, found.published) == (("Main",), "2022-09-12")
    assert found.authors == (by.partition(" ")[2],)


def test_the_head_of_a_dump():
    head = "Title: A train\nDate: 2022-09-12\nAuthor: Ann Lee, Tom Hill\nURL: https://example.org/a\nTags: rail, war\nSource: x"
    found = article(dump(head, *P))
    assert (found.title, found.published, found.canonical_url) == ("A train", "2022-09-12", "https://example.org/a")
    assert (found.authors, found.categories) == (("Ann Lee", "Tom Hill"), ("rail", "war"))
    assert found.text.splitlines() == list(P)
    assert len(removed(found)) == 6


def test_the_text_behind_its_label_stays():
    found = article(f"Заголовок: Поїзд\nДата: 12.09.2022\nТекст: {UK[0]}\n\n{UK[1]}\n")
    assert (found.title, found.text.splitlines()) == ("Поїзд", list(UK))


def test_labels_in_the_middle_are_the_articles():
    middle = ["Category", "Best film", "Text", "By Ann Lee", "12.09.2022"]
    found = article(dump(TITLE, P[0], P[1], *middle, *P, *P), residue=NONE)
    assert {text for _, text in removed(found)} & set(middle) == set()


@pytest.mark.parametrize(
    ("line", "authors", "day"),
    [
        ("by Ann Lee", ("Ann Lee",), ""),
        ("By Ann Lee and Tom Hill | September 12, 2022", ("Ann Lee", "Tom Hill"), "2022-09-12"),
        ("Written by Ann Lee", ("Ann Lee",), ""),
        ("Von Eva Roth", ("Eva Roth",), ""),
        ("By the river the houses stand empty", (), ""),
        ("By Monday all will be well", (), ""),
        ("by far", (), ""),
    ],
)
def test_bylines(line, authors, day):
    found = article(dump(TITLE, *P, line), residue=NONE)
    assert (found.authors, found.published) == (authors, day)
    assert (line in found.text) is not bool(authors)


def test_an_agency_in_the_byline_is_no_author():
    found = article(dump(TITLE, "By AFP", *P))
    assert (found.agency, found.authors) == ("AFP", ())


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("September 12, 2022", True),
        ("Published: Monday, 12 September 2022, 14:30 (CET)", True),
        ("12.09.2022 о 14:30", True),
        ("Опубликовано 12 сентября 2022 г.", True),
        ("Publié le 12 septembre 2022 à 14h30", True),
        ("2022-09-12T14:30:00+03:00", True),
        ("On September 12, 2022 the trains left", False),
        ("24", False),
        ("12/45/2022", False),
    ],
)
def test_lines_that_tell_when(line, is_one):
    assert flat_signs.is_date(line) is is_one


# which day


@pytest.mark.parametrize(
    ("stated", "text", "url", "day"),
    [
        ("09/12/2022", "It began on Sept. 10, 2022.", "", "2022-09-12"),
        ("12/09/2022", "It began on Sept. 10, 2022.", "", "2022-09-12"),
        ("09/12/2022", "It began on 1 December 2022.", "", "2022-12-09"),
        ("09/12/2022", "It began in December.", "", "2022-12-09"),
        ("09/12/2022", "It began.", "", "2022-09-12"),
        ("09/12/2022", "It began.", "https://example.co.uk/x", "2022-12-09"),
        ("09/25/2022", "It began.", "https://example.co.uk/x", "2022-09-25"),
        ("25/09/2022", "It began.", "", "2022-09-25"),
        ("12.09.2022", "It began in December.", "", "2022-09-12"),
        ("2022-09-12T10:00:00+03:00", "It began.", "", "2022-09-12T10:00:00+03:00"),
    ],
)
def test_a_day_that_can_be_read_in_two_ways(stated, text, url, day):
    assert article(dump(TITLE, *P, text, "Date Created", stated), url).published == day


def test_the_day_first_where_the_language_does_so():
    assert article(dump("Поїзд", *UK, "Дата", "09/12/2022")).published == "2022-12-09"


def test_an_unreadable_date_is_said():
    found = article(dump(TITLE, "Published", "31.02.2022", *P))
    assert found.published == ""


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_in_every_language(month):
    for name in days._MONTHS[month - 1].split():
        (mention,) = days.find(f"x 5 {name} 2022 x")
        assert (mention.readings[0].month, mention.readings[0].day) == (month, 5)


# residue


def test_residue_by_the_rules_of_pages_and_without_them():
    text = dump(
        TITLE, *P, "Please share this article with your friends.", "Related Posts:", "A bridge reopens", "Ten facts"
    )
    found = article(text)
    assert found.text.splitlines() == list(P)
    assert [removal for removal, _ in removed(found)][-1] == "related_links"
    left = article(text, residue=Residue(frozenset(Evidence) - {Evidence.PHRASES, Evidence.CLASSIFIER}))
    assert "Related Posts:" in left.text


def test_the_same_bytes_give_the_same_article():
    text = dump(TITLE, "Description", *P, "by Ann Lee", "Category", "Main").encode()
    assert article(text) == article(text)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=1500))
def test_any_text_gives_an_article_or_none(text):
    found = plain.extract(text.encode("utf-8", "replace"), "", NONE)
    for block in found.blocks if found else ():
        assert block.text == " ".join(block.text.split())
        assert block.text


# rows


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (dump(TITLE, *P).encode(), Outcome.ARTICLE),
        (b"", Outcome.NO_TEXT),
        (b"\xef\xbb\xbf \r\n\0\n", Outcome.NO_TEXT),
        (b"Short.\n", Outcome.NO_TEXT),
        (b"%PDF-1.4 ...", Outcome.UNDECODABLE),
        (b"x " * (8 * 2**20 + 1), Outcome.UNDECODABLE),
    ],
)
def test_outcomes(data, outcome):
    derived = derive_text(data, id="a", url="", settings=DeriveSettings())
    assert derived.outcome is outcome
    assert derived.provenance is None


def test_the_limit_of_the_configuration_holds():
    derived = derive_text(dump(*P).encode(), id="a", url="", settings=DeriveSettings(decoded_max=100))
    assert (derived.outcome, "100 at most" in derived.detail) == (Outcome.UNDECODABLE, True)


def test_html_that_is_called_text_is_html():
    html = (
        f"<!DOCTYPE html><title>{TITLE}</title><article><h1>{TITLE}</h1>{''.join(f'<p>{p}</p>' for p in P)}</article>"
    )
    derived = derive_text(html.encode(), id="a", url="", settings=DeriveSettings())
    assert [block.text for block in derived.article.blocks if block.kept] == list(P)


def test_removals_keep_rule_and_evidence():
    found = article(dump(TITLE, *P, "Category", "- 1. Main."))
    label, value = found.blocks[-2:]
    assert (label.removal, label.rule, label.evidence) == (Removal.CMS_LABEL, "flat:label", "Category")
    assert (value.removal, value.rule, value.evidence) == (Removal.CMS_LABEL, "flat:label", "below 'Category'")
