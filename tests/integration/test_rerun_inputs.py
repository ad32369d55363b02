"""The same records by every way in: files, S3, the web, a WACZ on each, an index; and nothing read that is not needed."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.derive import DeriveSettings, processing
from pipelines.errors import ExitCode, InputError
from pipelines.model import DamageKind
from pipelines.rerun import inputs, layout
from pipelines.rerun.far import Elsewhere
from pipelines.rerun.job import Limits
from pipelines.rerun.link import Allowed
from pipelines.rerun.run import Request, Result, rerun
from pipelines.rerun.run import Watching as Deaf
from pipelines.rerun.schedule import Local
from pipelines.rerun.select import ALL, Selection, selection
from pipelines.store import objects
from pipelines.warc import cdxj
from pipelines.workers import DerivePool
from tests import reruns, waczs
from tests.reruns import warc
from tests.services.files import FileServer
from tests.services.rgw import SECRET_KEY, Rgw
from tests.warcs import capture, member, record, record_all

SETTINGS = DeriveSettings()
BUCKET = "rerun"
NOTHING = Elsewhere()
Run = Callable[..., tuple[Result, list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def pool() -> Iterator[DerivePool]:
    with DerivePool(2, 20, 1 << 30, SETTINGS, Path(), processing(residue=SETTINGS.residue)) as made:
        yield made


@pytest.fixture
def run(pool: DerivePool, tmp_path: Path) -> Run:
    def go(
        *arguments: object,
        elsewhere: Elsewhere = NOTHING,
        wanted: Selection = ALL,
        out: str = "out",
    ) -> tuple[Result, list[dict[str, Any]]]:
        sources = tuple(inputs.sources(map(str, arguments), elsewhere))
        scheduler = Local(pool=pool)
        try:
            result = rerun(Request(tmp_path / out, sources, wanted, SETTINGS, Limits(workers=2)), scheduler, Deaf())
        finally:
            scheduler.close()
        return result, list(layout.rows_of(tmp_path / out))

    return go


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("in")
    return [warc(folder / "a.warc.gz", [1, 2, 3]), warc(folder / "b.warc.gz", [4, 5], host="other.test")]


def plain(rows: list[dict[str, Any]]) -> list[str]:
    """Rows but for the name of their WARC, in an order that names don't change."""
    return sorted(json.dumps({**row, "provenance": {**row["provenance"], "warc": ""}}) for row in rows)


def names(rows: list[dict[str, Any]]) -> set[str]:
    return {row["provenance"]["warc"] for row in rows}


# -- WACZ ----------------------------------------------------------------------------------------------------------


def test_a_wacz_gives_the_rows_of_its_warcs(run: Run, files: list[Path], tmp_path: Path):
    _, expected = run(*files)
    (tmp_path / "folder").mkdir()
    waczs.make(tmp_path / "folder" / "x.wacz", files)
    for number, argument in enumerate([tmp_path / "folder" / "x.wacz", tmp_path / "folder", tmp_path / "fold*/x*"]):
        result, rows = run(argument, out=f"wacz{number}")
        assert (result.unread, plain(rows)) == ((), plain(expected))
        assert names(rows) == {"x.wacz#archive/a.warc.gz", "x.wacz#archive/b.warc.gz"}
        assert {part.name for part in layout.parts(tmp_path / f"wacz{number}")} == {"a.warc", "b.warc"}


def test_with_conditions_its_indexes_say_what_to_read(run: Run, files: list[Path], tmp_path: Path):
    _, expected = run(*files, wanted=selection(hosts=("other.test",)))
    result, rows = run(waczs.make(tmp_path / "x.wacz", files), wanted=selection(hosts=("other.test",)), out="wacz")
    assert plain(rows) == plain(expected)
    assert len(rows) == 2
    assert result.facts["without_row"] == {"not_selected": 3}


def test_a_wacz_that_is_not_what_it_says_costs_itself(run: Run, files: list[Path], tmp_path: Path):
    content = waczs.contents(files)
    described = waczs.package(content)
    content["archive/a.warc.gz"] = content["archive/a.warc.gz"][:-1]
    changed = waczs.write(tmp_path / "changed.wacz", content, described)
    (tmp_path / "none.wacz").write_bytes(b"no zip")
    result, rows = run(files[1], changed, tmp_path / "none.wacz")
    assert names(rows) == {"b.warc.gz"}  # of the two that are the same file
    said = sorted(each.detail for each in result.unread)
    assert ["changed.wacz: archive/a.warc.gz is not what datapackage.json says" in said[0], len(said)] == [True, 2]
    assert "none.wacz: no WACZ, or a damaged one" in said[1]
    assert not result.facts["complete"]


# -- indexes -------------------------------------------------------------------------------------------------------


def index(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_an_index_is_its_records_and_no_others(run: Run, files: list[Path], tmp_path: Path):
    _, everything = run(*files)
    lines = [*cdxj.index(files[0])[1:], *cdxj.index(files[1])[:1]]
    beside = index(files[0].with_name("some.cdxj"), lines)
    result, rows = run(beside, out="some")
    urls = {json.loads(line.split(" ", 2)[2])["url"] for line in lines}
    assert plain(rows) == plain([row for row in everything if row["url"] in urls])
    assert (len(rows), result.facts["damages"], result.facts["without_row"]) == (3, 0, {})
    apart = index(tmp_path / "some.cdxj", lines)
    with pytest.raises(InputError, match="--cdx-base"):
        run(apart, out="apart")
    _, again = run(apart, elsewhere=Elsewhere(base=str(files[0].parent)), out="apart")
    assert again == rows


def test_an_index_of_another_set_of_records_makes_the_part_stale(run: Run, files: list[Path]):
    lines = cdxj.index(files[0])
    path = index(files[0].with_name("changing.cdxj"), lines[:1])
    assert len(run(path)[1]) == 1
    index(path, lines)
    result, rows = run(path)
    assert (len(rows), result.read) == (3, 1)


def test_our_own_metadata_come_with_the_record_that_an_index_names(run: Run, tmp_path: Path):
    body = reruns.page(1).partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[2]
    _, (path,), _ = record_all(
        tmp_path / "archive", [capture(n, body.replace(b"</h1>", b" %d</h1>" % n)) for n in (1, 2)]
    )
    _, whole = run(path, out="whole")
    _, rows = run(path.with_name(path.name + ".cdxj"), out="some")
    assert plain(rows) == plain(whole)
    assert [row["found"]["route"] for row in rows] == ["feed", "feed"]


@pytest.mark.parametrize(
    "changes",
    [{"offset": "7"}, {"offset": "99999999"}, {"offset": "SECOND", "url": "http://x/", "length": "1"}],
    ids=["in the middle", "behind the end", "another record"],
)
def test_an_index_that_is_wrong_is_told_at_each_place(run: Run, files: list[Path], changes: dict[str, str]):
    first, second = cdxj.index(files[0])[:2]
    key, _, values = first.split(" ", 2)
    entry = {**json.loads(values), **changes}
    if entry["offset"] == "SECOND":
        entry["offset"] = json.loads(second.split(" ", 2)[2])["offset"]
    path = index(
        files[0].with_name("wrong.cdxj"), [f"{key} 20200101000000 {json.dumps(entry)}", cdxj.index(files[0])[2]]
    )
    result, rows = run(path)
    assert (len(rows), result.facts["damages"]) == (1, 1)
    (part,) = layout.parts(path.parent / "none") or [None]
    assert part is None


def test_an_index_does_not_lead_to_the_record_behind_the_one_it_names(run: Run, tmp_path: Path):
    """One that is no page, or is not wanted by its head: the next record is another one's."""
    picture = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG"
    info = record(1, b"software: x\r\n", WARC_Type="warcinfo", Content_Type="application/warc-fields")
    members = [member(info), member(record(2, picture)), member(reruns.page(3))]
    path = tmp_path / "x.warc.gz"
    path.write_bytes(b"".join(members))
    urls = ["http://news.test/1", "http://news.test/2"]
    lines = [
        json.dumps({"url": url, "offset": str(sum(map(len, members[:n]))), "filename": path.name})
        for n, url in enumerate(urls)
    ]
    named = index(tmp_path / "x.cdxj", [f"test,news)/{n} 20220910060000 {line}" for n, line in enumerate(lines)])
    result, rows = run(named, wanted=selection(mimes=("text/html",)))
    assert rows == []
    assert result.facts["without_row"] == {"not_selected": 1, "warcinfo": 1}


@pytest.mark.parametrize(
    "filename", ["../a.warc.gz", "/etc/passwd", "s3://other/x", "https://h.test/x", "a/../../x", "..\\x", "a\0b"]
)
def test_an_index_may_not_lead_out_of_its_place(run: Run, tmp_path: Path, filename: str):
    entry = json.dumps({"url": "http://x/", "offset": 0, "length": 9, "filename": filename})
    with pytest.raises(InputError, match="which is not below"):
        run(index(tmp_path / "x.cdxj", [f"x) 20220910060000 {entry}"]))


# -- the web -------------------------------------------------------------------------------------------------------


def test_a_warc_and_a_wacz_on_the_web(run: Run, files: list[Path], tmp_path: Path):
    _, expected = run(files[0])
    with FileServer(files[0].read_bytes()) as server:
        elsewhere = Elsewhere(Allowed.of([server.place]))
        for way in ("ranged", "whole", "untagged"):
            _, rows = run(server.url(f"{way}/a.warc.gz?sig=secret"), elsewhere=elsewhere, out=way)
            assert plain(rows) == plain(expected)
            assert names(rows) == {server.url(f"{way}/a.warc.gz")}
        server.data = waczs.make(tmp_path / "x.wacz", files[:1]).read_bytes()
        _, rows = run(server.url("ranged/x.wacz"), elsewhere=elsewhere, out="wacz")
        assert plain(rows) == plain(expected)
        server.left = 10**6
        with pytest.raises(InputError, match="--allow-host"):
            run(server.url("ranged/x.wacz"))


def test_an_index_on_the_web_costs_the_records_that_it_names(run: Run, tmp_path: Path):
    pages = [member(reruns.page(n)) for n in range(3)]
    padding = member(record(99, os.urandom(3_000_000)))
    data = pages[0] + padding + pages[1] + padding + pages[2]
    path = tmp_path / "big.warc.gz"
    path.write_bytes(data)
    lines = [line for line in cdxj.index(path) if "story-1" in line]
    with FileServer(data) as server:
        named = index(tmp_path / "big.cdxj", lines)
        elsewhere = Elsewhere(Allowed.of([server.place]), base=server.url("ranged"))
        _, rows = run(named, elsewhere=elsewhere, out="far")
        assert len(rows) == 1
        asked = [value.removeprefix("bytes=").split("-") for _, value in server.asked]
        assert sum(int(last) - int(first) + 1 for first, last in asked) < 1_000_000


# -- S3 ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def chain(rgw: Rgw, files: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Rgw]:
    client = rgw.client()
    client.create_bucket(Bucket=BUCKET)
    for path in files:
        client.upload_file(str(path), BUCKET, f"archive/warc/{path.name}")
        text = "".join(f"{line}\n" for line in cdxj.index(path)[:1])
        client.put_object(Bucket=BUCKET, Key=f"archive/warc/{path.name}.cdxj", Body=text.encode())
    client.upload_file(str(waczs.make(tmp_path / "up.wacz", files[:1])), BUCKET, "archive/packed.wacz")
    client.close()
    for name, value in rgw.environment.items():
        monkeypatch.setenv(name, value)
    objects._client.cache_clear()
    yield rgw
    objects._client.cache_clear()


def test_s3(chain: Rgw, run: Run, files: list[Path], monkeypatch: pytest.MonkeyPatch):
    _, expected = run(*files)
    result, rows = run(f"s3://{BUCKET}/archive/warc/", out="prefix")
    assert plain(rows) == plain(expected)
    assert names(rows) == {f"s3://{BUCKET}/archive/warc/{path.name}" for path in files}
    again, _ = run(f"s3://{BUCKET}/archive/warc", out="prefix")
    assert (again.read, again.sealed, result.read) == (0, 0, 2)
    _, rows = run(f"s3://{BUCKET}/archive/packed.wacz", out="wacz")
    assert plain(rows) == plain([row for row in expected if row["provenance"]["warc"] == "a.warc.gz"])
    _, rows = run(f"s3://{BUCKET}/archive/warc/a.warc.gz.cdxj", out="cdxj")
    assert len(rows) == 1
    assert plain(rows)[0] in plain(expected)
    with pytest.raises(InputError, match=r"s3://rerun/nothing: no object's key begins so"):
        run(f"s3://{BUCKET}/nothing", out="nothing")
    with pytest.raises(InputError, match=r"none of the objects is a WARC"):
        run(f"s3://{BUCKET}/archive/warc/a.warc.gz.", out="nothing")


def test_sources_are_pickled_without_a_secret(chain: Rgw, files: list[Path], tmp_path: Path):
    wacz = waczs.make(tmp_path / "x.wacz", files)
    with FileServer(files[0].read_bytes()) as server:
        arguments = [
            f"s3://{BUCKET}/archive",
            f"s3://{BUCKET}/archive/warc/a.warc.gz.cdxj",
            str(wacz),
            server.url("ranged/x"),
        ]
        for source in inputs.sources(arguments, Elsewhere(Allowed.of([server.place]))):
            data = pickle.dumps(source)
            assert SECRET_KEY.encode() not in data
            other = pickle.loads(data)
            assert (other, other.digest(), other.places()) == (source, source.digest(), source.places())
            with source.open() as one, other.open() as two:
                assert one.read() == two.read()


def test_the_command_reads_s3_and_says_no_secret(chain: Rgw, tmp_path: Path):
    wrong = {**chain.environment, "AWS_SECRET_ACCESS_KEY": SECRET_KEY[::-1]}
    done = reruns.rerun(tmp_path / "out", f"s3://{BUCKET}/archive/", env=wrong)
    assert done.returncode == ExitCode.INPUT
    assert "the store refuses the signature" in done.stderr
    assert SECRET_KEY[::-1] not in done.stdout + done.stderr
    nobody = {**chain.environment, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}
    done = reruns.rerun(tmp_path / "out", f"s3://{BUCKET}/archive/", env=nobody)
    assert done.returncode == ExitCode.STORAGE
    assert "can't be reached" in done.stderr
    done = reruns.rerun(tmp_path / "out", f"s3://{BUCKET}/archive/", env=chain.environment)
    assert done.returncode == ExitCode.OK, done.stderr
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert SECRET_KEY.encode() not in written + done.stdout.encode() + done.stderr.encode()


def test_the_store_that_fails_in_the_middle_stops_the_run_and_loses_nothing(
    chain: Rgw, run: Run, files: list[Path], monkeypatch: pytest.MonkeyPatch
):
    from pipelines.errors import StorageError

    sound = objects._fetch

    def failing(store: objects.Store, stored: objects.Stored, offset: int, length: int) -> bytes:
        if stored.key.endswith("b.warc.gz"):
            raise StorageError("the store fails")
        return sound(store, stored, offset, length)

    monkeypatch.setattr(objects, "_fetch", failing)
    with pytest.raises(StorageError):
        run(f"s3://{BUCKET}/archive/warc/")
    monkeypatch.undo()
    for name, value in chain.environment.items():
        monkeypatch.setenv(name, value)
    result, rows = run(f"s3://{BUCKET}/archive/warc/")
    assert result.facts["complete"]
    assert len(rows) == 5


def test_damages_name_the_object(chain: Rgw, run: Run, files: list[Path], tmp_path: Path):
    client = chain.client()
    data = bytearray(files[0].read_bytes())
    data[len(data) // 2] ^= 1
    client.put_object(Bucket=BUCKET, Key="damaged/a.warc.gz", Body=bytes(data))
    client.close()
    result, rows = run(f"s3://{BUCKET}/damaged/")
    (part,) = layout.parts(tmp_path / "out")
    (damage,) = part.mark["damages"]
    assert damage["warc"] == f"s3://{BUCKET}/damaged/a.warc.gz"
    assert (DamageKind(damage["kind"]), result.facts["damages"], len(rows)) == (DamageKind.BAD_GZIP, 1, 2)
