"""Text files: names that no row can steer, nothing overwritten, a head that `extract --text` reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import InputError, StorageError
from pipelines.export.text import TextWriter, head, place, whole_folder
from pipelines.extract import plain
from tests import synthetic
from tests.unit.extract.samples import TEXTS, TITLES

NAME = r"[a-z0-9.-]{1,90}"
PLACE = re.compile(rf"(\d{{4}}/\d\d/\d\d|undated)/[a-z0-9._-]{{1,100}}/{NAME}\.txt")
HOSTILE = st.text(st.sampled_from("./\\:?*\0\n aé~-%2F"), max_size=40) | st.text(max_size=300)


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_row_of_a_capture_lies_where_an_archive_has_it():
    row = synthetic.row(2)
    assert str(place(row)) == f"2022/09/10/kyiv.example.com/story-2-{row['id']}.txt"


@given(HOSTILE, HOSTILE, st.none() | st.just("2022-09-10T08:00:00Z") | HOSTILE)
def test_names_are_of_a_fixed_alphabet(name, url, captured):
    found = str(place({"id": name, "url": url, "provenance": {"captured_at": captured}}))
    assert PLACE.fullmatch(found)
    assert ".." not in found.split("/")


def test_a_row_of_a_file_has_its_name():
    assert re.fullmatch(r"undated/unknown-host/my-page-[0-9a-f]{16}\.txt", str(place({"id": "My page", "url": ""})))
    assert place({"id": "Ж", "url": ""}) != place({"id": "Д", "url": ""})


def test_text_is_all_that_a_file_holds(tmp_path):
    writer = TextWriter(tmp_path)
    row = synthetic.row(0)
    writer.write(row)
    assert list(files(tmp_path).values()) == [f"{row['text']}\n"]


def test_rows_of_one_name_each_get_a_file_and_those_without_text_are_counted(tmp_path):
    writer = TextWriter(tmp_path)
    row = synthetic.row(0)
    for text in ("one", "two", "", None, "three"):
        writer.write(row | {"text": text})
    name = str(place(row))
    assert files(tmp_path) == {
        name: "one\n",
        name.replace(".txt", "-2.txt"): "two\n",
        name.replace(".txt", "-3.txt"): "three\n",
    }
    assert writer.without_text == 2
    with pytest.raises(InputError, match="text: expected string"):
        writer.write(row | {"text": ["x"]})


def test_the_head_is_a_line_each_for_what_is_known():
    row = {"title": "A\ntitle\u2028of two", "published": "2022-09-10", "url": "https://example.org/a"}
    assert head(row) == "Title: A title of two\nDate: 2022-09-10\nURL: https://example.org/a\n\n"
    assert head({"title": None, "published": "", "url": "", "canonical_url": "https://example.org/b"}) == (
        "URL: https://example.org/b\n\n"
    )
    assert head({"title": None, "published": None, "url": ""}) == ""


@pytest.mark.parametrize("published", ["2022-09-10", "2022-09-10T08:30:00+03:00", "2022-09-10T05:30:00+00:00"])
@pytest.mark.parametrize("language", TEXTS)
def test_extract_reads_the_head_back(tmp_path, language, published):
    row = synthetic.row(0) | {
        "title": TITLES[language],
        "published": published,
        "url": "https://news.example.org/2022/09/10/balakliia",
        "text": "\n".join(TEXTS[language]),
    }
    TextWriter(tmp_path, head=True).write(row)
    (data,) = files(tmp_path).values()
    article = plain.extract(data.encode(), "")
    assert (article.title, article.published, article.canonical_url) == (row["title"], published, row["url"])
    assert article.text == row["text"]


def test_a_folder_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "texts"
    with whole_folder(target) as folder:
        (folder / "a.txt").write_text("a")
        assert not target.exists()
    assert files(tmp_path) == {"texts/a.txt": "a"}


def test_a_folder_that_did_not_become_whole_is_not_there(tmp_path):
    with pytest.raises(InputError), whole_folder(tmp_path / "texts") as folder:
        TextWriter(folder).write(synthetic.row(0) | {"text": 5})
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_export_left_is_cleared_and_an_empty_folder_is_taken(tmp_path):
    (tmp_path / ".texts.part").mkdir()
    (tmp_path / ".texts.part/old.txt").write_text("old")
    (tmp_path / "texts").mkdir()
    with whole_folder(tmp_path / "texts") as folder:
        (folder / "a.txt").write_text("a")
    assert files(tmp_path) == {"texts/a.txt": "a"}


@pytest.mark.parametrize("name", ["full", "file", "gone/texts"])
def test_a_folder_that_holds_something_or_can_t_be_made_is_refused(tmp_path, name):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    before = files(tmp_path)
    with pytest.raises(StorageError, match=name), whole_folder(tmp_path / name) as folder:
        (folder / "a.txt").write_text("a")
    assert files(tmp_path) == before


def test_a_link_where_the_growing_folder_would_be_is_not_followed(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/mine.txt").write_text("mine")
    (tmp_path / ".texts.part").symlink_to(tmp_path / "precious")
    with pytest.raises(StorageError), whole_folder(tmp_path / "texts") as folder:
        (folder / "a.txt").write_text("a")
    assert (tmp_path / "precious/mine.txt").read_text() == "mine"
