"""`warchronicle show`: a row for people, and derived again from its record: the same, or why not."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.app import run
from pipelines.derive import DeriveSettings, processing
from pipelines.errors import ExitCode, InputError, RecordError
from pipelines.rerun.rederive import Proof, rederive
from pipelines.rerun.stored import stored
from pipelines.workers import DerivePool
from tests import archives
from tests.integration import test_second_pass

ROOT = Path(__file__).parents[2]
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsysbinary) -> Call:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(["show", *map(str, arguments)])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def rows_of(archive: Path) -> list[dict[str, Any]]:
    target = archive.parent / "all.jsonl"
    assert run(["export", str(archive), "--format", "jsonl", "--outcome", "all", "-o", str(target)]) == ExitCode.OK
    return [json.loads(line) for line in target.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    return archives.make(tmp_path_factory.mktemp("show") / "archive")


@pytest.fixture(scope="module")
def rows(archive: Path) -> list[dict[str, Any]]:
    return rows_of(archive)


@pytest.fixture(scope="module")
def pool() -> Iterator[DerivePool]:
    """One worker for all tests that need no command line: a process of its own takes a second to start."""
    with DerivePool(1, 20, 1 << 30, DeriveSettings(), Path(), processing()) as pool:
        yield pool


@pytest.fixture
def prove(pool: DerivePool) -> Callable[..., Proof]:
    """Derive a row of a run again."""

    def prove(row: dict[str, Any], where: Path, root: Path | str = "") -> Proof:
        return rederive(row, stored(where), str(root), 64 << 20, pool)

    return prove


def article(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(row for row in rows if row["outcome"] == "article")


def other(row: dict[str, Any], folder: Path, **changes: object) -> Path:
    """A file of rows with one that says something else."""
    path = folder / "rows.jsonl"
    path.write_text(json.dumps({**row, **changes}) + "\n", "utf-8")
    return path


def test_a_row_for_people_with_where_it_lies(call: Call, archive: Path, rows: list) -> None:
    row = article(rows)
    code, out, err = call(row["id"], "--in", archive)
    assert (code, err) == (ExitCode.OK, "")
    lines = out.splitlines()
    assert lines[0] == f"==  {row['id']}  article  {row['url']}"
    assert f"+ paragraph  {archives.SENTENCES[0]} (0)" in lines
    place = row["provenance"]
    assert f"record     {place['warc']} at {place['offset']}, {place['length']} bytes" in lines
    assert f"           {place['record_id']}" in lines
    assert f"captured   {place['captured_at']}" in lines
    assert any(line.startswith("found      feed  news") for line in lines)
    assert any(line.startswith("made by    warchronicle ") and "sha256:" in line for line in lines)
    assert "run        run-1" in lines
    assert "\x1b" not in out


@pytest.mark.parametrize("where", ["archive", "run", "file", "packed"])
def test_found_by_the_beginning_of_its_id_and_by_its_url(
    call: Call, archive: Path, rows: list, tmp_path: Path, where: str
) -> None:
    row = article(rows)
    data = b"".join(json.dumps(each).encode() + b"\n" for each in rows)
    (tmp_path / "file").write_bytes(data)
    (tmp_path / "packed").write_bytes(gzip.compress(data))
    place = {"archive": archive, "run": archive / "runs/run-1"}.get(where, tmp_path / where)
    for name in (row["id"][:9], row["url"]):
        code, out, _ = call(name, "--in", place, "--json")
        assert (code, json.loads(out)) == (ExitCode.OK, {"row": row})


def test_names_that_fit_none_or_many(call: Call, archive: Path, rows: list) -> None:
    code, _, err = call("zzzz", "--in", archive)
    assert (code, "no row 'zzzz'" in err) == (ExitCode.INPUT, True)
    url = next(row["url"] for row in rows)
    code, _, err = call("", "--in", archive)
    assert (code, err.count("\n  ") >= len(rows)) == (ExitCode.INPUT, True)
    assert url in err
    assert call("a", "--in", archive.parent)[0] == ExitCode.INPUT


def test_every_row_of_an_archive_is_derived_again_to_the_same(prove, archive: Path, rows: list) -> None:
    for row in rows:
        proof = prove(row, archive)
        assert (proof.difference, proof.versions, proof.notes, proof.causes) == (None, {}, (), ())
        assert {**proof.row, "processing": {**proof.row["processing"], "run": "run-1"}} == row
    assert {row["outcome"] for row in rows} == {"article", "duplicate", "no_text", "http_4xx", "http_5xx"}


def test_the_same_on_the_command_line(call: Call, archive: Path, rows: list) -> None:
    code, out, _ = call(article(rows)["id"], "--in", archive, "--rederive")
    assert (code, out.splitlines()[-1]) == (ExitCode.OK, "= derived again from its record: the same")


def test_what_an_outlet_repeats_is_learnt_again(prove, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    test_second_pass.record(archive, range(8))
    row = next(row for row in rows_of(archive) if any(block["removal"] == "site_repeat" for block in row["blocks"]))
    assert prove(row, archive).difference is None
    assert run(["rerun", str(archive), "--out", str(tmp_path / "again"), "--jobs", "1"]) == ExitCode.OK
    (same,) = (each for each in stored(tmp_path / "again").rows() if each["id"] == row["id"])
    assert same["blocks"] == row["blocks"]
    assert prove(same, tmp_path / "again", archive).difference is None
    proof = prove(row, other(row, tmp_path), archive)  # a row alone does not say what its outlet repeats
    (moved,) = proof.difference.blocks
    assert (moved.change, moved.rules, moved.after["text"]) == ("restored", ("site-repeat",), test_second_pass.CLOSING)
    assert "what the outlet repeats was learnt from other pages" in proof.causes[0]


def test_rows_of_a_rerun_with_what_it_knows_of_revisits(prove, archive: Path, rows: list, tmp_path: Path) -> None:
    assert run(["rerun", str(archive), "--out", str(tmp_path / "again"), "--jobs", "1"]) == ExitCode.OK
    found = [*stored(tmp_path / "again").rows()]
    assert [row["outcome"] for row in found if prove(row, tmp_path / "again", archive).difference] == []

    # A file with nothing but a revisit: the run says that its original is nowhere, the record alone can't.
    (place,) = (row["provenance"] for row in rows if row["outcome"] == "duplicate")
    alone = tmp_path / "revisit.warc.gz"
    alone.write_bytes((archive / place["warc"]).read_bytes()[place["offset"] :][: place["length"]])
    assert run(["rerun", str(alone), "--out", str(tmp_path / "alone"), "--jobs", "1"]) == ExitCode.OK
    (row,) = stored(tmp_path / "alone").rows()
    assert row["outcome"] == "unresolved_revisit"
    proof = prove(row, tmp_path / "alone", alone)
    assert proof.difference is None
    assert "known to a whole run" in proof.notes[0]


def test_a_row_that_somebody_changed(call: Call, archive: Path, rows: list, tmp_path: Path) -> None:
    row = article(rows)
    blocks = [{**block, "text": block["text"].replace("Saturday", "Sunday")} for block in row["blocks"]]
    text = row["text"].replace("Saturday", "Sunday")
    changed = other(row, tmp_path, title="Forged", blocks=blocks, text=text)
    code, out, _ = call(row["id"], "--in", changed, "--rederive", "--warc-root", archive)
    assert code == ExitCode.DIFFERS
    lines = out.splitlines()
    assert f"    title: Forged -> {row['title']}" in lines
    assert any(line.startswith("    text  The first train") and "Saturday" in line for line in lines)
    assert "  likely: the row was changed after it was made" in lines


def test_the_same_for_programs(call: Call, archive: Path, rows: list, tmp_path: Path) -> None:
    row = article(rows)
    changed = other(row, tmp_path, title="Forged")
    code, out, _ = call(row["id"], "--in", changed, "--rederive", "--warc-root", archive, "--json")
    facts = json.loads(out)["rederived"]
    assert (code, facts["equal"]) == (ExitCode.DIFFERS, False)
    assert facts["difference"]["fields"] == {"title": {"a": "Forged", "b": row["title"]}}
    assert (facts["row"]["text"], facts["versions"], facts["notes"]) == (row["text"], {}, [])
    assert len(facts["likely_causes"]) == 2


def test_a_row_of_other_versions_says_so(prove, call: Call, archive: Path, rows: list, tmp_path: Path) -> None:
    row = article(rows)
    made_by = {**row["processing"], "rules_digest": "sha256:" + "0" * 64}
    made_by["libraries"] = {**made_by["libraries"], "lxml": "4.9"}
    same = other(row, tmp_path, processing=made_by)
    code, out, _ = call(row["id"], "--in", same, "--rederive", "--warc-root", archive)
    assert (code, "the same" in out, "with another lxml: 4.9 then" in out) == (ExitCode.OK, True, True)
    proof = prove({**row, "processing": made_by, "language": "xx"}, same, archive)
    assert proof.difference.fields == {"language": ("xx", "en")}
    assert proof.causes[0].startswith("other rules or code of extraction: sha256:000000000000 then, sha256:")
    assert proof.causes[1].startswith("another lxml: 4.9 then, ")


def test_with_the_settings_it_was_made_with_and_with_others(
    call: Call, archive: Path, rows: list, tmp_path: Path
) -> None:
    row = article(rows)
    shutil.copytree(ROOT / "config/residue", tmp_path / "residue")
    (tmp_path / "crawl.toml").write_text("[derive]\nmin_characters = 100000\n")
    code, out, _ = call(row["id"], "--in", archive, "--rederive", "--config", tmp_path)
    assert code == ExitCode.DIFFERS
    assert "    outcome: article -> no_text" in out.splitlines()
    assert "name theirs with --config" in out
    (tmp_path / "crawl.toml").write_text("")
    assert call(row["id"], "--in", archive, "--rederive", "--config", tmp_path)[0] == ExitCode.OK


def test_a_record_that_was_damaged(call: Call, archive: Path, rows: list, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(archive, tmp_path / "archive"))
    row = article(rows)
    place = row["provenance"]
    warc = copy / place["warc"]
    data = bytearray(warc.read_bytes())
    data[place["offset"] + place["length"] // 2] ^= 0xFF
    warc.write_bytes(data)
    code, _, err = call(row["id"], "--in", copy, "--rederive")
    assert (code, f"{place['warc']} at {place['offset']}" in err) == (ExitCode.DAMAGE, True)


def test_a_record_that_is_another(prove, archive: Path, rows: list, tmp_path: Path) -> None:
    row = article(rows)
    place = row["provenance"]
    wrong = {**row, "provenance": {**place, "record_id": "urn:uuid:00000000-0000-4000-8000-000000000000"}}
    with pytest.raises(RecordError, match="another record lies there"):
        prove(wrong, archive)
    second = next(each for each in rows if each["outcome"] == "article" and each["id"] != row["id"])
    proof = prove({**row, "provenance": second["provenance"]}, archive)
    assert proof.difference.fields["id"] == (row["id"], second["id"])
    assert proof.causes[0] == "another record lies there than the row was made of"


def test_where_the_warcs_are(prove, call: Call, archive: Path, rows: list, tmp_path: Path) -> None:
    row = article(rows)
    alone = other(row, tmp_path)
    (warc,) = archive.rglob("*.warc.gz")
    with pytest.raises(InputError, match="--warc-root"):
        prove(row, alone)
    for root in (archive, archive / "warc", warc):  # its archive, any folder above it, the file
        assert prove(row, alone, root).difference is None
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty"):
        prove(row, alone, tmp_path / "empty")
    no_record = other(row, tmp_path, provenance=None)
    code, _, err = call(row["id"], "--in", no_record, "--rederive")
    assert (code, "names no record" in err) == (ExitCode.INPUT, True)
    assert "no WARC that the row was made of" in call(row["id"], "--in", no_record)[1]


def test_a_warc_that_still_grows(prove, archive: Path, rows: list, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(archive, tmp_path / "archive"))
    (warc,) = copy.rglob("*.warc.gz")
    warc.rename(warc.with_name(f"{warc.name}.open"))
    assert prove(article(rows), copy).difference is None


def test_records_that_share_one_gzip_member(prove, archive: Path, tmp_path: Path) -> None:
    (warc,) = archive.rglob("*.warc.gz")
    target = tmp_path / "one.warc.gz"
    target.write_bytes(gzip.compress(gzip.decompress(warc.read_bytes())))
    assert run(["extract", str(target), "--jobs", "1", "-o", str(tmp_path / "rows.jsonl")]) == ExitCode.OK
    row = article([json.loads(line) for line in (tmp_path / "rows.jsonl").read_bytes().splitlines()])
    assert row["provenance"]["length"] == 0
    assert prove(row, tmp_path / "rows.jsonl").difference is None
