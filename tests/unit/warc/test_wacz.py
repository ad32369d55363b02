"""A WACZ is read where it lies, by its indexes, and only what its package vouches for."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import InputError
from pipelines.model import Record
from pipelines.warc import cdxj
from pipelines.warc.reader import read
from pipelines.warc.wacz import Wacz
from tests import waczs
from tests.warcs import capture, page, record_all


@pytest.fixture(scope="module")
def warcs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    paths = []
    for number in range(2):
        folder = tmp_path_factory.mktemp("archive")
        _, (path,), _ = record_all(folder, [capture(10 * number + n, page(10 * number + n)) for n in range(4)])
        paths.append(path.rename(path.with_name(f"part-{number}.warc.gz")))
    return paths


@pytest.mark.parametrize("deflated", [False, True])
def test_its_warcs_are_those_that_were_packed(warcs: list[Path], tmp_path: Path, deflated: bool):
    path = waczs.write(tmp_path / "a.wacz", waczs.contents(warcs), deflated=deflated)
    with path.open("rb") as file:
        wacz = Wacz(file, "a.wacz")
        assert wacz.warcs == [f"archive/{each.name}" for each in warcs]
        for member, packed in zip(wacz.warcs, warcs, strict=True):
            data = packed.read_bytes()
            assert (wacz.check(member), wacz.size(member)) == (waczs.sha256(data), len(data))
            with wacz.open(member) as stream:
                assert list(read(stream, packed.name)) == list(read(packed, packed.name))
                stream.seek(-10, io.SEEK_END)
                assert stream.read() == data[-10:]
            named = wacz.entries(member)
            assert named is not None
            records = list(read(packed, types=frozenset({"response", "revisit"})))
            assert [(entry.offset, entry.url) for entry in named] == [
                (record.locator.offset, record.url) for record in records if isinstance(record, Record)
            ]


class Counted(io.RawIOBase):
    """A file that says how many of its bytes were read."""

    def __init__(self, file: io.BufferedReader) -> None:
        self.file, self.read_bytes = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def readinto(self, buffer: Any) -> int:
        count = self.file.readinto(buffer)
        self.read_bytes += count
        return count


def test_what_is_stored_is_read_in_place(warcs: list[Path], tmp_path: Path):
    files = waczs.contents(warcs) | {"archive/big.warc.gz": bytes(20_000_000)}
    path = waczs.write(tmp_path / "a.wacz", files)
    with path.open("rb") as file:
        counted = Counted(file)
        wacz = Wacz(counted, "a.wacz")  # type: ignore[arg-type]
        with wacz.open("archive/big.warc.gz") as stream:
            stream.seek(10_000_000)
            assert stream.read(1000) == bytes(1000)
        assert counted.read_bytes < 500_000


def test_the_index_in_blocks_of_py_wacz(warcs: list[Path], tmp_path: Path):
    files = waczs.contents(warcs)
    lines = files.pop("indexes/index.cdxj").splitlines(keepends=True)
    files["indexes/index.cdx.gz"] = b"".join(gzip.compress(b"".join(lines[n : n + 3])) for n in range(0, len(lines), 3))
    files["indexes/index.idx"] = b'!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}\n'
    path = waczs.write(tmp_path / "a.wacz", files)
    with path.open("rb") as file:
        wacz = Wacz(file, "a.wacz")
        assert [len(wacz.entries(member) or []) for member in wacz.warcs] == [len(cdxj.index(each)) for each in warcs]


def test_without_an_index_there_is_none(warcs: list[Path], tmp_path: Path):
    files = waczs.contents(warcs)
    del files["indexes/index.cdxj"]
    with waczs.write(tmp_path / "a.wacz", files).open("rb") as file:
        assert Wacz(file, "a.wacz").entries("archive/part-0.warc.gz") is None


def everything(path: Path) -> None:
    with path.open("rb") as file:
        wacz = Wacz(file, str(path))
        for member in wacz.warcs:
            wacz.check(member)
            wacz.entries(member)
            with wacz.open(member) as stream:
                stream.read()


Files = dict[str, bytes]


def changed(path: str, data: bytes) -> Callable[[Files], dict[str, Any]]:
    """The package is made before the file is changed."""

    def change(files: Files) -> dict[str, Any]:
        described = waczs.package(files)
        files[path] = data
        return described

    return change


def removed(path: str) -> Callable[[Files], dict[str, Any]]:
    def change(files: Files) -> dict[str, Any]:
        described = waczs.package(files)
        del files[path]
        return described

    return change


def added(path: str) -> Callable[[Files], dict[str, Any]]:
    def change(files: Files) -> dict[str, Any]:
        described = waczs.package(files)
        files[path] = b"x"
        return described

    return change


def described(**changes: Any) -> Callable[[Files], dict[str, Any]]:
    return lambda files: waczs.package(files) | changes


def resource(**changes: Any) -> Callable[[Files], dict[str, Any]]:
    def change(files: Files) -> dict[str, Any]:
        whole = waczs.package(files)
        whole["resources"][0] = {k: v for k, v in (whole["resources"][0] | changes).items() if v is not None}
        return whole

    return change


def index(line: dict[str, Any]) -> Callable[[Files], dict[str, Any]]:
    def change(files: Files) -> dict[str, Any]:
        values = {"url": "http://x/", "offset": 0, "length": 9, "filename": "part-0.warc.gz", **line}
        files["indexes/index.cdxj"] += f"x) 20220910060000 {json.dumps(values)}\n".encode()
        return waczs.package(files)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (changed("archive/part-1.warc.gz", b"other"), "archive/part-1.warc.gz is not what datapackage.json says"),
        (changed("indexes/index.cdxj", b""), "indexes/index.cdxj is not what datapackage.json says"),
        (removed("archive/part-1.warc.gz"), "archive/part-1.warc.gz is in datapackage.json only"),
        (added("archive/more.warc.gz"), "archive/more.warc.gz is in the file, and not in datapackage.json"),
        (resource(hash="sha256:" + "0" * 64), "is not what datapackage.json says"),
        (resource(hash="crc32:00"), "which can't be checked"),
        (resource(hash=None), "without path, hash or bytes"),
        (resource(bytes="many"), "without path, hash or bytes"),
        (resource(bytes=7), "is not what datapackage.json says"),
        (described(resources=None), "lists no resources"),
        (described(resources=["x"]), "without path, hash or bytes"),
        (described(profile="multi-wacz-package"), "package of other WACZ files"),
        (lambda files: b"[", "no JSON"),
        (lambda files: b"[]", "lists no resources"),
        (index({"filename": "gone.warc.gz"}), "names gone.warc.gz, which is not in archive/"),
        (index({"filename": "../../etc/passwd"}), "which is not in archive/"),
        (index({"offset": 10**9}), "behind the end"),
        (index({"offset": "x"}), "index.cdxj:9: no line of CDXJ"),
    ],
)
def test_what_the_package_does_not_vouch_for_is_refused(warcs: list[Path], tmp_path: Path, change, said: str):
    files = waczs.contents(warcs)
    whole = change(files)
    path = waczs.write(tmp_path / "a.wacz", files, whole)
    with pytest.raises(InputError) as caught:
        everything(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_package_that_was_changed_behind_its_digest_is_refused(warcs: list[Path], tmp_path: Path):
    path = waczs.write(tmp_path / "a.wacz", waczs.contents(warcs), digest="sha256:" + "0" * 64)
    with pytest.raises(InputError, match=r"datapackage\.json is not what datapackage-digest\.json says"):
        everything(path)


def zipped(path: Path, *entries: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_is_no_wacz(warcs: list[Path], tmp_path: Path):
    path = tmp_path / "a.wacz"
    path.write_bytes(warcs[0].read_bytes())
    with pytest.raises(InputError, match="no WACZ, or a damaged one"):
        everything(path)
    with pytest.raises(InputError, match=r"no datapackage\.json in it"):
        everything(zipped(path, ("webarchive.yaml", b"old")))
    with pytest.raises(InputError, match="twice"):
        everything(zipped(path, ("a", b"1"), ("a", b"2")))
    files = {"pages/pages.jsonl": b"x"}
    with pytest.raises(InputError, match="no WARC in archive/"):
        everything(waczs.write(path, files))
    whole = waczs.write(path, waczs.contents(warcs)).read_bytes()
    for end in (10, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError, match=r"a\.wacz"):
            everything(path)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path):
    files = {"archive/bomb.warc.gz": bytes(200_000_000)}
    path = waczs.write(tmp_path / "a.wacz", files, deflated=True)
    assert path.stat().st_size < 300_000
    with pytest.raises(InputError, match="would unfold from"):
        everything(path)
    package = b'{"resources": []}' + b" " * (65 << 20)
    path = zipped(tmp_path / "b.wacz", ("datapackage.json", package), compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="at most"):
        everything(path)


@pytest.mark.parametrize("deflated", [False, True])
def test_no_flipped_bit_goes_unseen_or_raises_anything_else(tmp_path: Path, deflated: bool):
    """Either the bytes of its WARC are those that were packed, or it is refused."""
    content = {"archive/a.warc.gz": gzip.compress(b"WARC/1.0\r\n"), "pages/p.jsonl": b"{}"}
    whole = waczs.write(tmp_path / "a.wacz", content, deflated=deflated).read_bytes()
    refused = 0
    for place in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        try:
            wacz = Wacz(io.BytesIO(flipped), "flipped")
            (member,) = wacz.warcs
            wacz.check(member)
            with wacz.open(member) as stream:
                assert stream.read() == content["archive/a.warc.gz"]
        except InputError:
            refused += 1
    assert refused > 4 * len(whole)
