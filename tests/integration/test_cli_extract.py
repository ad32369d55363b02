"""`warchronicle extract` as a newcomer meets it: pages, folders, manifests, foreign WARCs, pipes, and bad input."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from pipelines.cli.app import run
from pipelines.errors import ExitCode
from pipelines.model import Role
from pipelines.store.catalog import Catalog
from tests import archives, warcs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return archives.make(tmp_path_factory.mktemp("extract") / "archive")


@pytest.fixture
def extract(capsysbinary):
    """Run the command here; returns (exit code, rows, stderr)."""

    def call(*arguments: object):
        code = run(["extract", *map(str, arguments)])
        out, err = capsysbinary.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], err.decode()

    return call


def process(*arguments: object, data: bytes = b"", **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-W", "error", "-m", "pipelines", "extract", *map(str, arguments)]
    return subprocess.run(command, input=data, capture_output=True, timeout=120, cwd=ROOT, check=False, **options)


def foreign(*pages: bytes) -> bytes:
    return b"".join(warcs.member(warcs.record(n, warcs.response(page))) for n, page in enumerate(pages))


def test_one_page(extract, tmp_path):
    page = tmp_path / "kupiansk.html"
    page.write_bytes(archives.html(1))
    code, (row,), err = extract(page, "--url", "https://news.test/kupiansk")
    assert code == ExitCode.OK
    assert (row["id"], row["url"], row["outcome"], row["provenance"]) == (
        "kupiansk",
        "https://news.test/kupiansk",
        "article",
        None,
    )
    assert row["title"] == f"{archives.TITLE} 1"
    assert row["text"].splitlines() == [f"{sentence} (1)" for sentence in archives.SENTENCES]
    assert "article" in err
    assert "\x1b" not in err  # no bar, no colours in a pipe


def test_a_folder_in_order_and_the_same_with_any_number_of_jobs(extract, tmp_path):
    for number in range(9):
        folder = tmp_path / f"day{number % 2}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.html.gz").write_bytes(gzip.compress(archives.html(number)))
    (tmp_path / "day1/notes.txt").write_text("no page")
    (tmp_path / "day1/z.XHTML").write_bytes(b"")
    outputs = []
    for jobs in (1, 3):
        target = tmp_path / f"rows-{jobs}.jsonl"
        assert extract(tmp_path, "--jobs", jobs, "-o", target)[0] == ExitCode.OK
        outputs.append(target.read_bytes())
    assert outputs[0] == outputs[1]
    rows = [json.loads(line) for line in outputs[0].splitlines()]
    assert [row["id"] for row in rows] == ["0", "2", "4", "6", "8", "1", "3", "5", "7", "z"]
    assert rows[-1]["outcome"] == "no_text"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_text_only_is_the_text(capsysbinary, tmp_path):
    for number in range(2):
        (tmp_path / f"{number}.html").write_bytes(archives.html(number))
    (tmp_path / "2.html").write_bytes(b"<title>video</title>")
    assert run(["extract", "--text-only", "--jobs", "1", "--json", str(tmp_path)]) == ExitCode.OK
    out, err = capsysbinary.readouterr()
    expected = "".join("\n".join(f"{s} ({n})" for s in archives.SENTENCES) + "\n\n" for n in range(2))
    assert out.decode() == expected
    assert json.loads(err)["outcomes"] == {"article": 2, "no_text": 1}


def test_a_manifest_tells_ids_and_addresses(extract, tmp_path):
    pages = [tmp_path / "a.html", tmp_path / "b.html"]
    for number, page in enumerate(pages):
        page.write_bytes(archives.html(number))
    manifest = tmp_path / "manifest.jsonl"
    lines = [{"id": f"set/{page.stem}", "path": str(page), "url": f"https://x.test/{page.stem}"} for page in pages]
    manifest.write_text("\n".join(map(json.dumps, [*lines, {"path": str(tmp_path / "gone.html")}])) + "\n")
    code, rows, err = extract("--manifest", manifest)
    assert [(row["id"], row["url"]) for row in rows] == [
        ("set/a", "https://x.test/a"),
        ("set/b", "https://x.test/b"),
    ]
    assert code == ExitCode.PARTIAL
    assert "gone.html: can't be read" in err
    manifest.write_text('{"id": "x"}\n')
    code, _, err = extract("--manifest", manifest)
    assert code == ExitCode.INPUT
    assert f"{manifest}:1: expected" in err


def test_our_own_warc_gives_the_rows_of_the_live_run(extract, archive):
    live = [json.loads(line) for line in run_export(archive)]
    code, rows, _ = extract(archive)
    assert code == ExitCode.OK
    for row in (*live, *rows):
        row["processing"].pop("run")
        row["provenance"]["warc"] = Path(row["provenance"]["warc"]).name
    assert rows == live
    assert [row["outcome"] for row in rows].count("article") == 3


def run_export(archive):
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    lines = list(catalog.rows())
    catalog.close()
    return lines


def test_anybodys_warc_by_its_content(extract, tmp_path):
    records = b"".join(warcs.record(n, warcs.response(archives.html(n))) for n in range(12))
    forms = {
        "gz-per-record": foreign(*map(archives.html, range(12))),
        "one-gzip": gzip.compress(records),
        "plain": records,
        "zst": zstandard.compress(records),
    }
    for name, data in forms.items():
        (tmp_path / name).write_bytes(data)  # no ending: it is told by how it begins
    code, rows, _ = extract(*(tmp_path / name for name in forms))
    assert code == ExitCode.OK
    assert len(rows) == 48
    for name in forms:
        of_form = [row for row in rows if row["provenance"]["warc"] == str(tmp_path / name)]
        assert [row["url"] for row in of_form] == [f"http://news.test/{n}" for n in range(12)]
        assert {row["outcome"] for row in of_form} == {"article"}
        assert of_form[3]["provenance"]["record_id"] == warcs.record_id(3)


def test_feeds_and_robots_of_ours_have_no_row(extract, tmp_path):
    captures = [warcs.capture(0, archives.html(0)), warcs.capture(1, b"<rss/>", role=Role.FEED)]
    captures.append(warcs.capture(2, b"User-agent: *", role=Role.ROBOTS))
    _, (sealed,), _ = warcs.record_all(tmp_path, captures)
    code, rows, err = extract(sealed, "--json", "--jobs", 1)
    assert code == ExitCode.OK
    assert [row["url"] for row in rows] == ["https://news.test/page-0"]
    assert rows[0]["found"]["title"] == "Заголовок 0"
    assert json.loads(err)["records_without_row"] == {"feed": 1, "robots": 1}


def test_a_damaged_warc_gives_what_is_sound_and_says_the_rest(extract, tmp_path):
    data = bytearray(foreign(*map(archives.html, range(3))))
    first = len(foreign(archives.html(0)))
    data[first + 200] ^= 0xFF
    source = tmp_path / "damaged.warc.gz"
    source.write_bytes(data)
    code, rows, err = extract(source, "--jobs", 1)
    assert code == ExitCode.PARTIAL
    assert [row["url"] for row in rows] == ["http://news.test/0", "http://news.test/2"]
    assert f"damaged.warc.gz at {first}: " in err


def test_stdin_is_a_page_or_a_warc():
    page = process("-", "--url", "https://news.test/x", data=archives.html(1))
    assert page.returncode == ExitCode.OK, page.stderr
    assert [json.loads(line)["url"] for line in page.stdout.splitlines()] == ["https://news.test/x"]
    warc = process("-", data=foreign(*map(archives.html, range(2))))
    assert [json.loads(line)["provenance"]["warc"] for line in warc.stdout.splitlines()] == ["-", "-"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["gone.html"], ExitCode.INPUT, "gone.html: there is no such file or folder"),
        (["x.wacz"], ExitCode.INPUT, "x.wacz: there is no such file"),
        (["s3://bucket/prefix"], ExitCode.INPUT, "only files and folders"),
        (["https://example.org/"], ExitCode.INPUT, "only files and folders"),
        ([], ExitCode.USAGE, "name an INPUT"),
        (["--jobs", "-1", "x"], ExitCode.USAGE, "--jobs"),
        (["--url", "https://a.test/", "a.html", "b.html"], ExitCode.USAGE, "--manifest FILE is for more"),
        (["--config", "no-such-folder", "."], ExitCode.CONFIG, "no-such-folder/crawl.toml"),
        (["."], ExitCode.INPUT, "no file in it ends in .html"),
    ],
)
def test_bad_input_is_one_clear_line(extract, tmp_path, monkeypatch, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    got, rows, err = extract(*arguments)
    assert (got, rows) == (code, [])
    assert said in err
    assert "Traceback" not in err


def test_a_bomb_is_counted_and_the_next_page_is_read(extract, tmp_path):
    (tmp_path / "a-bomb.html.gz").write_bytes(gzip.compress(b"\0" * 300_000_000, 9))
    (tmp_path / "b.html").write_bytes(archives.html(1))
    code, rows, _ = extract(tmp_path, "--jobs", 1)
    assert code == ExitCode.OK
    assert [(row["id"], row["outcome"]) for row in rows] == [("a-bomb", "undecodable"), ("b", "article")]


def test_the_output_file_is_whole_or_not_there(extract, tmp_path):
    (tmp_path / "a.html").write_bytes(archives.html(1))
    code, _, err = extract(tmp_path / "a.html", "-o", tmp_path / "no/such/rows.jsonl")
    assert code == ExitCode.STORAGE
    assert "rows.jsonl: can't be written" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_a_short_line(tmp_path, number):
    target = tmp_path / "rows.jsonl"
    (tmp_path / "a.html").write_bytes(archives.html(1))
    command = [sys.executable, "-m", "pipelines", "extract", "-o", str(target), str(tmp_path / "a.html"), "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as child:
        while not target.with_name(".rows.jsonl.part").exists():  # it works, and waits for stdin
            assert child.poll() is None
            os.sched_yield()
        child.send_signal(number)
        _, err = child.communicate(timeout=60)
    assert child.returncode == ExitCode.INTERRUPTED
    assert err.decode().splitlines()[-1] == "interrupted; what was written is whole"
    assert b"Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
