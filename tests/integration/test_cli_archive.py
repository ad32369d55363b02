"""`warchronicle verify`, `export` and `status` over a real archive, sound and damaged."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli.app import run
from pipelines.errors import ExitCode
from tests import archives

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return archives.make(tmp_path_factory.mktemp("archive") / "archive")


@pytest.fixture
def archive(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "archive"))


@pytest.fixture
def call(capsysbinary):
    def call(*arguments: object):
        code = run(list(map(str, arguments)))
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def warc_of(archive: Path) -> Path:
    (warc,) = archive.rglob("*.warc.gz")
    return warc


# -- verify -------------------------------------------------------------------------------------------------------


def test_a_sound_archive(call, made):
    code, out, _ = call("verify", made)
    assert code == ExitCode.OK
    assert " sound" in out
    code, out, _ = call("verify", "--json", made)
    facts = json.loads(out)
    assert (code, facts["sound"], facts["unreadable"]) == (ExitCode.OK, True, [])
    (file,) = facts["files"]
    assert file["records"]["response"] == 6
    assert file["bytes"] == warc_of(made).stat().st_size


def test_each_damage_is_named_with_file_offset_kind_and_detail(call, archive):
    warc = warc_of(archive)
    data = bytearray(warc.read_bytes())
    data[1200] ^= 0xFF
    warc.write_bytes(bytes(data) + b"tail")
    code, out, _ = call("verify", "--json", archive)
    facts = json.loads(out)
    assert (code, facts["sound"]) == (ExitCode.DAMAGE, False)
    damages = facts["files"][0]["damages"]
    assert {damage["file"] for damage in damages} == {str(warc)}
    offsets = [damage["offset"] for damage in damages]
    assert 0 < offsets[0] <= 1200
    assert offsets[-1] == len(data)
    assert all(damage["kind"] and damage["detail"] for damage in damages)
    code, out, err = call("verify", archive)
    assert code == ExitCode.DAMAGE
    assert "DAMAGED" in out
    assert f"at {offsets[0]}: {damages[0]['kind']}: " in err


def test_a_file_that_still_grows_may_end_in_the_middle(call, archive):
    warc = warc_of(archive)
    growing = warc.with_name(warc.name + ".open")
    growing.write_bytes(warc.read_bytes()[:-7])
    warc.unlink()
    code, out, _ = call("verify", archive)
    assert code == ExitCode.OK
    assert "still growing" in out
    growing.rename(warc)
    assert call("verify", archive)[0] == ExitCode.DAMAGE


def test_what_is_no_warc(call, tmp_path):
    assert call("verify", tmp_path / "gone")[0] == ExitCode.INPUT
    assert call("verify", tmp_path)[0] == ExitCode.INPUT
    (tmp_path / "x.warc.gz").write_bytes(b"<html>no record in here</html>")
    assert call("verify", tmp_path)[0] == ExitCode.DAMAGE
    (tmp_path / "empty.warc").write_bytes(b"")
    assert call("verify", tmp_path / "empty.warc")[0] == ExitCode.DAMAGE
    assert call("verify")[0] == ExitCode.USAGE


def test_a_file_name_cannot_steer_the_terminal(call, tmp_path):
    name = tmp_path / "a\x1b[2Jb\nc.warc"
    name.write_bytes(b"nothing")
    code, out, err = call("verify", name)
    assert code == ExitCode.DAMAGE
    assert "\x1b" not in out + err
    assert "a\\x1b[2Jb\\nc.warc" in out


# -- export -------------------------------------------------------------------------------------------------------


def test_jsonl_is_the_rows(call, made, tmp_path):
    code, out, err = call("export", made, "--format", "jsonl")
    assert code == ExitCode.OK
    assert [json.loads(line)["outcome"] for line in out.splitlines()] == ["article"] * 3
    assert "3 rows" in err
    target = tmp_path / "rows.jsonl"
    assert call("export", made, "--format", "jsonl", "-o", target)[:2] == (ExitCode.OK, "")
    assert target.read_text() == out
    everything = call("export", made, "--format", "jsonl", "--outcome", "all", "--run", "run-1")[1]
    assert len(everything.splitlines()) == 7
    assert len(call("export", made, "--format", "jsonl", "--outcome", "http_4xx")[1].splitlines()) == 1


def test_csv_opens_in_a_spreadsheet_and_runs_nothing_there(call, made):
    code, out, _ = call("export", made, "--format", "csv")
    assert code == ExitCode.OK
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [row["title"] for row in rows] == [
        f"{archives.TITLE} 0",
        '\'=HYPERLINK("http://x") 1',
        f"{archives.TITLE} 2",
    ]
    assert rows[0]["text"].splitlines() == [f"{sentence} (0)" for sentence in archives.SENTENCES]
    assert rows[0]["run"] == "run-1"
    assert (made / rows[0]["warc"]).is_file()
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--format", "parquet"], ExitCode.USAGE, "needs -o"),
        (["--format", "xls"], ExitCode.USAGE, "'jsonl', 'csv', 'parquet', 'text'"),
        ([], ExitCode.USAGE, "--format"),
        (["--format", "csv", "--outcome", "artikel"], ExitCode.USAGE, "known: all, article"),
        (["--format", "csv", "--run", "none"], ExitCode.INPUT, "no run 'none'"),
        (["--format", "csv", "-o", "no/such/file"], ExitCode.STORAGE, "can't be written"),
    ],
)
def test_what_export_refuses(call, made, tmp_path, monkeypatch, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    got, out, err = call("export", made, *arguments)
    assert (got, out) == (code, "")
    assert said in err


def test_an_archive_must_be_one(call, tmp_path):
    for verb in (["export", "--format", "csv"], ["status"]):
        code, _, err = call(*verb, tmp_path)
        assert code == ExitCode.INPUT
        assert "holds no catalog.sqlite" in err
        assert call(*verb, tmp_path / "gone")[0] == ExitCode.INPUT


def test_a_full_disk_and_a_closed_pipe(made):
    command = [sys.executable, "-m", "pipelines", "export", str(made), "--format", "jsonl"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == ExitCode.STORAGE
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, cwd=ROOT, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (ExitCode.OK, b"")


# -- status -------------------------------------------------------------------------------------------------------


def test_status_says_what_is_there_and_what_is_left(call, made):
    before = sorted(path.name for path in made.iterdir())
    code, out, _ = call("status", made, "--json")
    facts = json.loads(out)
    assert code == ExitCode.OK
    assert facts["warcs"] == {"sealed": 1, "open": [], "bytes": warc_of(made).stat().st_size}
    assert facts["captures"] == {"identical-payload-digest": 1, "response": 6}
    assert facts["outcomes"]["article"] == 3
    assert facts["ledger"] == {"waiting": 0, "captured": 0, "done": 6, "refused": 1, "retry": 1, "due": 1}
    assert [(r["run"], r["state"], r["spider"]) for r in facts["runs"]] == [("run-1", "finished", "news")]
    code, out, _ = call("status", made)
    assert code == ExitCode.OK
    for said in ("1 sealed", "robots_disallowed", "1 retry (1 of the retries due)", "run-1"):
        assert said in out
    assert sorted(path.name for path in made.iterdir()) == before


def test_status_finds_the_archive_by_the_config(call, made, tmp_path):
    (tmp_path / "crawl.toml").write_text(f'[archive]\npath = "{made}"\n')
    code, out, _ = call("status", "--config", tmp_path, "--json")
    assert (code, json.loads(out)["archive"]) == (ExitCode.OK, str(made))


def test_a_damaged_catalog_is_an_operators_matter(call, archive):
    (archive / "catalog.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    code, _, err = call("status", archive)
    assert code == ExitCode.STORAGE
    assert "the WARCs hold it" in err
    assert "Traceback" not in err


def test_a_newer_catalog_is_refused(call, archive):
    with sqlite3.connect(archive / "catalog.sqlite") as database:
        database.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    database.close()
    code, _, err = call("status", archive)
    assert code == ExitCode.INPUT
    assert "a newer warchronicle made it" in err
