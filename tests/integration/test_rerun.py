"""Re-runs of small WARCs: what is taken over, what is stale, what a folder holds, and that it is always the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from pipelines.derive import DeriveSettings, processing
from pipelines.errors import BusyError, ExitCode, InputError
from pipelines.extract.residue import phrases
from pipelines.rerun import inputs, layout
from pipelines.rerun.job import Limits
from pipelines.rerun.plan import State
from pipelines.rerun.run import Request, Result, Watching, rerun
from pipelines.rerun.schedule import Local
from pipelines.rerun.select import ALL, Selection, selection
from pipelines.workers import DerivePool
from tests import reruns, warcs
from tests.reruns import contents, page, warc

CLOSING = "Follow the Kupiansk Daily every morning, wherever you are, and never miss a story."
SETTINGS = DeriveSettings()
LIMITS = Limits(workers=2)

Runner = Callable[..., Result]


@pytest.fixture(scope="module")
def pool() -> Iterator[DerivePool]:
    with DerivePool(2, 20, 1 << 30, SETTINGS, Path(), processing(residue=SETTINGS.residue)) as made:
        yield made


@pytest.fixture
def run(pool: DerivePool) -> Runner:
    def go(
        out: Path,
        *arguments: object,
        wanted: Selection = ALL,
        settings: DeriveSettings = SETTINGS,
        workers: DerivePool = pool,
        watching: Watching = Watching(),  # noqa: B008 - it does nothing
    ) -> Result:
        sources = tuple(inputs.sources(map(str, arguments), lambda _: None))
        scheduler = Local(pool=workers)
        try:
            return rerun(Request(out, sources, wanted, settings, LIMITS), scheduler, watching)
        finally:
            scheduler.close()

    return go


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three WARCs of one outlet, whose closing line repeats only over all of them, and one of another."""
    folder = tmp_path / "in"
    return [
        warc(folder / "a.warc.gz", [1, 2], closing=CLOSING),
        warc(folder / "b.warc.gz", [3, 4], closing=CLOSING),
        warc(folder / "c.warc.gz", [5], closing=CLOSING),
        warc(folder / "d.warc.gz", [6, 7], host="other.test"),
    ]


def rows(out: Path) -> list[dict]:
    return list(layout.rows_of(out))


def done(result: Result) -> tuple[int, int, int]:
    """Parts taken over, derived, sealed."""
    return result.planned[State.SEALED], result.read, result.sealed


def test_the_folder(run: Runner, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run(out, tmp_path / "in")
    assert (result.facts["parts"], result.facts["rows"], result.facts["complete"]) == (4, 7, True)
    assert result.facts["outcomes"] == {"article": 7}
    assert result.facts["inputs"] == ["a.warc.gz", "b.warc.gz", "c.warc.gz", "d.warc.gz"]
    assert json.loads((out / "run.json").read_text()) == result.facts
    assert [part.name for part in layout.parts(out)] == ["a.warc", "b.warc", "c.warc", "d.warc"]
    assert [row["url"].rpartition("-")[2] for row in rows(out)] == list("1234567")
    for row in rows(out)[:5]:
        last = row["blocks"][-1]
        assert (last["text"], last["removal"], last["rule"]) == (CLOSING, "site_repeat", "site-repeat")
    assert str(tmp_path) not in "".join(path.read_text() for path in out.rglob("*.json") if path.name[0] != ".")
    assert not list(out.rglob("*.rows.gz")) + list(out.rglob("*.part"))


def test_again_there_is_nothing_to_do(run: Runner, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert done(run(out, *files)) == (0, 4, 4)
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/*")}
    assert done(run(out, *files)) == (4, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/*")} == before


def test_more_inputs_add_parts_and_end_as_if_all_had_been_there(run: Runner, files: list[Path], tmp_path: Path) -> None:
    grown, fresh = tmp_path / "grown", tmp_path / "fresh"
    assert done(run(grown, files[0])) == (0, 1, 1)
    assert not any(block["removal"] for row in rows(grown) for block in row["blocks"][1:])
    assert done(run(grown, *files[:2])) == (1, 1, 2)  # the line is in four stories now: the first part is sealed again
    assert done(run(grown, *files)) == (2, 2, 4)  # in five
    run(fresh, *files)
    assert contents(grown) == contents(fresh)


def test_what_new_inputs_do_not_concern_is_left_alone(run: Runner, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, files[3])
    before = (out / "parts/d.warc.jsonl.gz").stat()
    assert done(run(out, files[3], files[0])) == (1, 1, 1)
    assert (out / "parts/d.warc.jsonl.gz").stat() == before


def test_changed_rules_make_parts_stale(run: Runner, files: list[Path], tmp_path: Path) -> None:
    out, fresh, config = tmp_path / "out", tmp_path / "fresh", tmp_path / "config/residue"
    run(out, *files[:2])
    shutil.copytree(phrases.rules_folder(), config)
    rule = f'[[rule]]\nname = "kupiansk-daily"\nremoval = "follow_us"\nis = ["{CLOSING}"]\nexamples = ["{CLOSING}"]\n'
    with (config / "en.toml").open("a") as file:
        file.write(f"\n{rule}")
    settings = replace(SETTINGS, residue=replace(SETTINGS.residue, rules=config))
    with DerivePool(1, 20, 1 << 30, settings, Path(), processing(residue=settings.residue)) as workers:
        result = run(out, *files[:2], settings=settings, workers=workers)
        run(fresh, *files[:2], settings=settings, workers=workers)
    assert (result.planned[State.STALE], *done(result)) == (2, 0, 2, 2)
    assert {row["blocks"][-1]["rule"] for row in rows(out)} == {"en:kupiansk-daily"}
    assert contents(out) == contents(fresh)


def test_a_changed_input_is_derived_again_and_no_other(run: Runner, files: list[Path], tmp_path: Path) -> None:
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    run(out, *files)
    warc(files[3], [6, 8], host="other.test")
    result = run(out, *files)
    assert (result.planned[State.STALE], *done(result)) == (1, 3, 1, 1)
    run(fresh, *files)
    assert contents(out) == contents(fresh)


def test_a_folder_of_other_inputs_is_refused(run: Runner, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, *files[:2])
    before = contents(out)
    with pytest.raises(InputError, match=r"holds b\.warc, of b\.warc\.gz, which is not among the inputs"):
        run(out, files[0])
    assert {name: digest for name, digest in contents(out).items() if name != "run.json"} == {
        name: digest for name, digest in before.items() if name != "run.json"
    }


def test_two_runs_at_once_are_one_too_many(run: Runner, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"

    class Second(Watching):
        def planned(self, plan: object) -> None:
            with pytest.raises(BusyError, match="another re-run is at work"):
                run(out, *files)

    run(out, *files, wanted=selection(hosts=("nowhere.test",)), watching=Second())


def test_files_that_share_a_name_and_files_that_are_the_same(run: Runner, tmp_path: Path) -> None:
    one = warc(tmp_path / "x/a.warc.gz", [1])
    two = warc(tmp_path / "y/a.warc.gz", [2])
    same = tmp_path / "z/a.warc.gz"
    same.parent.mkdir()
    shutil.copy(one, same)
    out = tmp_path / "out"
    run(out, one)
    assert [part.name for part in layout.parts(out)] == ["a.warc"]
    result = run(out, tmp_path / "x", tmp_path / "y", same, one)
    marks = {part.name: part.mark["sha256"] for part in layout.parts(out)}
    assert len(marks) == result.facts["parts"] == 2
    assert all(name == f"a.warc-{digest[:8]}" for name, digest in marks.items())
    assert [each.rpartition("/")[2] for each in result.facts["inputs"]] == ["a.warc.gz", "a.warc.gz"]
    fresh = tmp_path / "fresh"
    run(fresh, two, one)
    assert contents(out) == contents(fresh)


def test_selection(run: Runner, tmp_path: Path) -> None:
    days = [page(number, WARC_Date=f"2022-09-{number:02}T12:00:00Z") for number in range(1, 7)]
    image = warcs.record(9, warcs.response(b"GIF89a", mime="image/gif"), WARC_Target_URI="https://news.test/logo.gif")
    other = page(8, host="other.test", WARC_Date="2022-09-03T12:00:00Z")
    file = tmp_path / "in.warc.gz"
    file.write_bytes(b"".join(map(warcs.member, [*days, image, other])))

    def urls(name: str, **conditions: object) -> list[str]:
        out = tmp_path / name
        result = run(out, file, wanted=selection(**conditions))
        without = layout.parts(out)[0].mark["without_row"].get("not_selected", 0)
        assert result.facts["rows"] + without == 8
        return [row["url"] for row in rows(out)]

    assert urls("days", since="2022-09-02", until="2022-09-04", hosts=("NEWS.test",)) == [
        f"https://news.test/2022/09/story-{day}" for day in (2, 3, 4)
    ]
    assert urls("moment", since="2022-09-06T12:00:00Z") == [
        "https://news.test/2022/09/story-6",
        "https://news.test/logo.gif",
    ]
    assert urls("host", hosts=("test",), prefixes=("https://other.",)) == ["https://other.test/2022/09/story-8"]
    assert len(urls("mime", mimes=("text/*",))) == 7
    assert urls("nothing", hosts=("ews.test",)) == []


def test_damages_are_listed_with_file_and_offset_and_the_rest_is_read(tmp_path: Path, files: list[Path]) -> None:
    good = warcs.member(page(1)), warcs.member(page(2))
    broken = bytearray(warcs.member(page(3)))
    broken[len(broken) // 2] ^= 0xFF
    lying = warcs.member(page(4, WARC_Block_Digest="sha1:" + "A" * 32))
    file = tmp_path / "broken.warc.gz"
    file.write_bytes(good[0] + bytes(broken) + lying + good[1])
    missing = tmp_path / "missing.warc.gz"
    missing.mkdir()
    result = reruns.rerun(tmp_path / "out", file, files[3], "--jobs", "1")
    assert result.returncode == ExitCode.PARTIAL, result.stderr
    said = reruns.facts(result)
    assert (said["rows"], said["damages"], said["complete"]) == (4, 2, True)
    mark = next(part.mark for part in layout.parts(tmp_path / "out") if part.name == "broken.warc")
    first, second = len(good[0]), len(good[0]) + len(broken)
    assert [(each["warc"], each["offset"]) for each in mark["damages"]] == [(file.name, first), (file.name, second)]
    assert mark["damages"][1]["kind"] == "block_digest"
    assert mark["outcomes"] == {"article": 2}


def test_an_input_that_is_gone_costs_itself(run: Runner, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"

    class Removing(Watching):
        def planned(self, plan: object) -> None:
            files[0].unlink()

    result = run(out, *files, watching=Removing())
    assert [each.part for each in result.unread] == ["a.warc"]
    assert "can't be read" in result.unread[0].detail
    assert (result.facts["parts"], result.facts["complete"]) == (3, False)
    warc(files[0], [1, 2], closing=CLOSING)
    assert run(out, *files).facts["complete"]
    run(tmp_path / "fresh", *files)
    assert contents(out) == contents(tmp_path / "fresh")


def test_outcomes_lists_what_is_no_article(run: Runner, tmp_path: Path) -> None:
    records = [
        page(1),
        warcs.record(2, warcs.response(b"gone", status="404 Not Found")),
        warcs.record(3, warcs.response(b"%PDF-1.7", mime="application/pdf")),
        warcs.record(4, b"\x00\x01dns", WARC_Target_URI="dns:news.test"),
    ]
    file = tmp_path / "in.warc.gz"
    file.write_bytes(b"".join(map(warcs.member, records)))
    out = tmp_path / "out"
    run(out, file)
    lines = [orjson.loads(line) for line in (out / "outcomes.jsonl").read_bytes().splitlines()]
    told = {row["id"]: row for row in rows(out) if row["outcome"] != "article"}
    assert [line["outcome"] for line in lines] == ["http_4xx", "not_html", "not_http"]
    for line in lines:
        row = told[line["id"]]
        assert line == {
            **{name: row[name] for name in ("id", "url", "outcome", "detail")},
            "warc": "in.warc.gz",
            "offset": row["provenance"]["offset"],
        }


@pytest.mark.parametrize("form", ["one gzip stream", "uncompressed"])
def test_records_that_cannot_be_read_alone(run: Runner, tmp_path: Path, form: str) -> None:
    """Every page is concerned by repetition: each record is needed twice."""
    plain = b"".join(page(number, closing=CLOSING) for number in range(1, 6))
    file = tmp_path / "in.warc.gz"
    file.write_bytes(warcs.member(plain) if form == "one gzip stream" else plain)
    run(tmp_path / "out", file)
    apart = warc(tmp_path / "apart/in.warc.gz", range(1, 6), closing=CLOSING)
    run(tmp_path / "apart/out", apart)
    assert len(rows(tmp_path / "out")) == 5
    for one, other in zip(rows(tmp_path / "out"), rows(tmp_path / "apart/out"), strict=True):
        assert one["blocks"][-1]["removal"] == "site_repeat"
        assert {name for name in one if one[name] != other[name]} <= {"provenance"}
