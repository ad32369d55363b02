"""URL lists as people write them; every line that is no use is counted with its number."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.discovery.found import Kind, Skip
from crawler.discovery.lists import url_list
from pipelines.errors import DocumentError
from pipelines.model import Route


def read(body: str, **options):
    return url_list(body.encode(), name="list.txt", **options)


def test_one_url_a_line_with_comments():
    listed = read(
        "\ufeff# my list\r\n\r\nhttps://a.example/1  # good\r\n  https://a.example/2\r\nnot a url\r\n/relative\r\n"
        "https://a.example/1\r\njavascript:alert(1)\r\nhttps://a.example/ї\u2028x\n",
        source="list:mine",
    )
    assert listed.kind is Kind.URL_LIST
    assert [item.url for item in listed.found] == [
        "https://a.example/1",
        "https://a.example/2",
        "https://a.example/%D1%97",
    ]
    assert {(item.route, item.source, item.via) for item in listed.found} == {(Route.URL_LIST, "list:mine", "list.txt")}
    assert [(line.number, line.reason) for line in listed.bad_lines] == [
        (5, Skip.BAD_URL),
        (6, Skip.BAD_URL),
        (7, Skip.DUPLICATE),
        (8, Skip.BAD_URL),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("column", ["", "url", "URL", "2"])
def test_a_column_of_a_csv(delimiter, column):
    rows = [
        ["id", "url", "note"],
        ["1", "https://a.example/1", "x"],
        ["2", "", ""],
        ["3"],
        ["4", "https://a.example/2", "y"],
    ]
    body = "\n".join(delimiter.join(row) for row in rows)
    listed = read(body, column=column)
    assert [item.url for item in listed.found] == ["https://a.example/1", "https://a.example/2"]
    assert [(line.number, line.reason) for line in listed.bad_lines] == [(3, Skip.NO_LINK), (4, Skip.BAD_LINE)]


def test_a_csv_without_a_first_line_of_names():
    listed = read('"a, b",https://a.example/1\n"c\nd",https://a.example/2\n', column="2")
    assert [item.url for item in listed.found] == ["https://a.example/1", "https://a.example/2"]


def test_an_unknown_column_names_those_there_are():
    with pytest.raises(DocumentError, match=r"'addres'.*'address'") as caught:
        read("address,title\nhttps://a.example/1,x\n", column="addres")
    assert caught.value.reason == "no_column"


def test_a_quote_that_never_closes_is_counted():
    listed = read('url,x\nhttps://a.example/1,y\n"' + "z" * 200_000 + "\nhttps://a.example/2,y\n", column="url")
    assert "https://a.example/1" in [item.url for item in listed.found]
    assert listed.skipped[Skip.BAD_LINE] >= 1


def test_json_lines():
    listed = read(
        '{"url": "https://a.example/1", "title": "T\\u2028U", "published": "2022-09-10", "language": "uk"}\n\n'
        '{"url": 5}\n["https://a.example/2"]\n{broken\n{"url": "https://a.example/3\u2028x"}\n'
    )
    assert [item.url for item in listed.found] == ["https://a.example/1", "https://a.example/3%E2%80%A8x"]
    first = listed.found[0]
    assert (first.title, first.published, first.language) == ("T U", datetime(2022, 9, 10, tzinfo=UTC), "uk")
    assert [(line.number, line.reason) for line in listed.bad_lines] == [
        (3, Skip.NO_LINK),
        (4, Skip.BAD_LINE),
        (5, Skip.BAD_LINE),
    ]


def test_an_empty_list_is_an_error():
    with pytest.raises(DocumentError) as caught:
        read("\n# nothing\n")
    assert caught.value.reason == "empty"


def test_a_bound_and_a_hundred_bad_lines():
    listed = read("\n".join(f"https://a.example/{n}" for n in range(10)), entries_max=3)
    assert (len(listed.found), listed.skipped) == (3, {Skip.TOO_MANY: 7})
    listed = read("https://a.example/\n" + "nothing\n" * 300)
    assert (len(listed.bad_lines), listed.skipped[Skip.BAD_URL]) == (100, 300)


def test_utf_16_and_cyrillic_tables():
    for encoding in ("utf-16", "windows-1251"):
        body = "https://a.example/1\n# звичайний список адрес, які ми хочемо зібрати\nhttps://a.example/2\n".encode(
            encoding
        )
        assert [item.url for item in url_list(body, name="x").found] == ["https://a.example/1", "https://a.example/2"]
