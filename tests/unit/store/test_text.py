"""Text files: their names whatever the page says, and their content whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import StorageError
from pipelines.store.text import text_path, write_text

DAY = datetime(2022, 9, 11, 23, 30, tzinfo=UTC)
ID = "0123456789abcdef"

HOSTILE = [
    "https://a.test/../../../../etc/passwd",
    "https://a.test/%2e%2e/%2e%2e/%2fetc%2fpasswd",
    "https://a.test/..%5c..%5cwindows%5csystem32",
    "https://../..",
    "file:///etc/passwd",
    "/etc/passwd",
    "C:\\windows\\system32",
    "https://a.test/\x00/x",
    "https://a.test/" + "x" * 3000,
    "https://" + "a" * 300 + ".test/",
    "https://a.test/CON",
    "https://con/aux.html",
    "https://a.test/-rf",
    "https://-rf/x",
    "https://a.test/$(reboot)`id`;|&",
    "https://a.test/\u202etxt.exe",
    "https://[::1]/x",
    "http://[::1",
    "http://a\u2100b/x",
    "https://a.test/Новости-дня",
    "",
    "\ud800",
]

anything = st.one_of(
    st.text(),
    st.sampled_from(HOSTILE),
    st.builds("https://{}/{}".format, st.text(), st.text()),
    st.lists(st.sampled_from(["..", "/", "%2f", "%00", "a", ".", "\\", "http:", "\n"])).map("".join),
)


@given(anything)
def test_no_url_decides_where_its_text_lies(url):
    path = text_path(url, ID, DAY)
    root, year, month, day, host, name = path.parts
    assert (root, year, month, day) == ("text", "2022", "09", "11")
    assert host not in (".", "..")
    assert set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert name.endswith(f"-{ID}.txt")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")
    assert not name.startswith((".", "-"))
    assert len(host) <= 100
    assert len(name) <= 100


def test_the_day_is_that_of_the_capture_in_utc():
    kyiv = datetime(2022, 9, 12, 1, 0, tzinfo=timezone(timedelta(hours=3)))
    assert str(text_path("https://www.pravda.com.ua/news/2022/09/11/7366880/", ID, kyiv)) == (
        f"text/2022/09/11/www.pravda.com.ua/7366880-{ID}.txt"
    )
    assert text_path("", ID, datetime(33, 4, 3, tzinfo=UTC)).parts[1] == "0033"


@pytest.mark.parametrize("row_id", ["", "../../../etc/x", "0123456789ABCDEF", ID + "0", ID + "\n", "０123456789abcdef"])
def test_an_id_that_is_none_is_refused(row_id):
    with pytest.raises(ValueError, match="16 hex digits"):
        text_path("https://a.test/", row_id, DAY)


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_text_comes_back_whole(tmp_path_factory, text):
    archive = tmp_path_factory.mktemp("archive")
    path = text_path("https://a.test/слово", ID, DAY)
    write_text(archive, path, text)
    assert (archive / path).read_bytes() == text.encode() + b"\n"


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_urls_stay_inside(tmp_path, url):
    archive = tmp_path / "archive"
    write_text(archive, text_path(url, ID, DAY), "x")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert files[0].is_relative_to(archive / "text/2022/09/11")


def test_written_again_replaces_and_leaves_nothing_beside(tmp_path):
    path = text_path("https://a.test/news", ID, DAY)
    write_text(tmp_path, path, "long " * 1000)
    write_text(tmp_path, path, "short")
    assert (tmp_path / path).read_text() == "short\n"
    assert [p.name for p in (tmp_path / path).parent.iterdir()] == [path.name]


def test_a_link_below_text_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    day = tmp_path / "archive/text/2022/09/11"
    day.mkdir(parents=True)
    (day / "a.test").symlink_to(outside)
    with pytest.raises(StorageError, match=r"a\.test"):
        write_text(tmp_path / "archive", text_path("https://a.test/x", ID, DAY), "x")
    assert list(outside.iterdir()) == []


def test_a_link_in_place_of_the_file_is_replaced_not_written_through(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    path = text_path("https://a.test/news", ID, DAY)
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).symlink_to(secret)
    write_text(tmp_path, path, "x")
    assert secret.read_text() == "secret"
    assert (tmp_path / path).read_text() == "x\n"


def test_text_itself_may_lie_on_another_disk(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/text").symlink_to(tmp_path / "disk")
    path = text_path("https://a.test/news", ID, DAY)
    write_text(tmp_path / "archive", path, "x")
    assert (tmp_path / "disk" / PurePosixPath(*path.parts[1:])).is_file()


def test_a_failed_write_leaves_the_old_text_and_no_open_file(tmp_path):
    path = text_path("https://a.test/news", ID, DAY)
    (tmp_path / path).mkdir(parents=True)  # a folder stands where the file should go
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(StorageError, match="can't be written"):
            write_text(tmp_path, path, "x")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert [p.name for p in (tmp_path / path).parent.iterdir()] == [path.name]
