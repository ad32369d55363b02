from __future__ import annotations

import hashlib

import pytest

from pipelines.errors import InputError
from pipelines.rerun.inputs import listed, sources


def near(argument: str) -> None:
    return None


@pytest.fixture
def folder(tmp_path):
    for name in ("b.warc.gz", "deep/er/a.WARC", "deep/c.arc.gz", "deep/page.html", "d.warc.gz.open"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path


def names(*arguments: object) -> list[str]:
    return [source.name for source in sources(map(str, arguments), near)]


def test_folders_are_walked_and_files_are_taken_as_they_are(folder):
    assert names(folder) == ["a.WARC", "b.warc.gz", "c.arc.gz", "d.warc.gz"]
    assert names(folder / "deep/page.html") == ["page.html"]


def test_patterns_and_each_file_once(folder):
    found = sources([f"{folder}/**/*.arc.gz", f"{folder}/*.gz", str(folder / "b.warc.gz"), str(folder)], near)
    assert [source.name for source in found] == ["a.WARC", "b.warc.gz", "c.arc.gz", "d.warc.gz"]
    assert names(f"{folder}/de?p") == ["a.WARC", "c.arc.gz"]


def test_a_name_with_the_signs_of_a_pattern_is_a_name(folder):
    (folder / "x[1].warc").touch()
    assert names(folder / "x[1].warc") == ["x[1].warc"]


@pytest.mark.parametrize(
    ("what", "why"), [("none.warc", "no such file"), ("*.zip", "nothing matches"), ("empty", "no file in it")]
)
def test_what_is_not_there(folder, what, why):
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match=why):
        names(folder / what)


def test_a_file_of_an_archive_is_called_by_its_place_there(tmp_path):
    path = tmp_path / "archive/warc/2022/09/10/x.warc.gz"
    path.parent.mkdir(parents=True)
    path.touch()
    for argument in (path, tmp_path, tmp_path / "archive/warc", f"{path.parent}/*"):
        assert names(argument) == ["warc/2022/09/10/x.warc.gz"]


def test_what_lies_elsewhere_is_somebody_elses_to_tell(folder):
    mine = sources([str(folder / "b.warc.gz")], near)
    assert sources(["s3://bucket/x"], lambda argument: mine if argument == "s3://bucket/x" else None) == mine


def test_digest_and_size(folder):
    (source,) = sources([str(folder / "b.warc.gz")], near)
    assert source.digest() == f"sha256:{hashlib.sha256(b'b.warc.gz').hexdigest()}"
    assert source.size == len("b.warc.gz")
    (folder / "b.warc.gz").unlink()
    with pytest.raises(InputError, match="can't be read"):
        source.digest()


def test_list_files():
    assert list(listed(["a.warc\n", "", "# b.warc", "  c d.warc  "])) == ["a.warc", "c d.warc"]
