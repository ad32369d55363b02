"""What `extract` takes an input for."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli import pages
from pipelines.cli.inputs import HTML_NAMES, files
from pipelines.errors import DocumentError, InputError
from tests import warcs


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("page.html", b"<html>", False),
        ("page", b"WARC/1.0\r\n", True),
        ("page.html", gzip.compress(b"WARC/1.1\r\nx"), True),
        ("page.html.gz", gzip.compress(b"<html>"), False),
        ("old.arc", b"", True),
        ("x", b"filedesc://x", True),
        ("x", gzip.compress(b"filedesc://x"), True),
        ("x", b"\x28\xb5\x2f\xfdxxxx", True),
        ("x", b"\x5d\x2a\x4d\x18xxxx", True),  # a dictionary for zstd comes first
        ("broken.warc.gz", b"\0\0", True),  # by its name: its damage is to be told
        ("x", b"\x1f\x8b\x08 and no gzip at all", False),
        ("x", b"", False),
    ],
)
def test_a_warc_is_known_by_name_or_beginning(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    assert pages.is_warc(tmp_path / name) is expected


@given(st.binary(max_size=200))
def test_no_beginning_raises(start):
    assert pages._starts_as_warc(start) in (True, False)
    assert not pages._starts_as_warc(b"<" + start)


@pytest.mark.parametrize("ending", HTML_NAMES)
def test_an_id_is_the_name_without_the_endings_of_html(ending):
    assert pages.stem(Path(f"a/b.c{ending}")) == "b.c"
    assert pages.stem(Path(f"B{ending.upper()}")) == "B"
    assert pages.stem(Path("page.php")) == "page"


def test_html_is_read_when_its_turn_comes_and_within_its_limit(tmp_path):
    path = tmp_path / "a.html"
    page = pages.Html("a", "", path)
    with pytest.raises(InputError, match="can't be read"):
        page.html(100)
    path.write_bytes(b"x" * 100)
    assert page.html(100) == b"x" * 100
    path.write_bytes(b"x" * 101)
    with pytest.raises(DocumentError, match=r"fetch\.decoded_max is 100"):
        page.html(100)
    path.write_bytes(gzip.compress(b"x" * 5000))
    with pytest.raises(DocumentError, match="bomb"):
        page.html(100)
    path.write_bytes(gzip.compress(b"x" * 5000)[:-9])
    with pytest.raises(DocumentError, match="cut"):
        page.html(5000)


def test_records_that_stand_alone_and_those_of_exchanges(tmp_path):
    _, (sealed,), _ = warcs.record_all(tmp_path, [warcs.capture(n) for n in range(3)])
    items = list(pages.of_file(sealed, ""))
    assert [item.item.found.title for item in items] == [f"Заголовок {n}" for n in range(3)]
    assert all(item.again for item in items)
    assert [item.item.locator.record_id for item in items] == [item.record.locator.record_id for item in items]
    single = tmp_path / "one.gz"
    single.write_bytes(gzip.compress(b"".join(warcs.record(n) for n in range(3))))
    items = list(pages.of_file(single, ""))
    assert [(item.item.found, item.again) for item in items] == [(None, False)] * 3


def test_folders_are_walked_in_order(tmp_path):
    for name in ("b/2.html", "b/1.htm", "a.html", "a.txt", "c/x.html/y.xhtml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = [str(path.relative_to(tmp_path)) for path in files([str(tmp_path)], HTML_NAMES)]
    assert found == ["a.html", "b/1.htm", "b/2.html", "c/x.html/y.xhtml"]
