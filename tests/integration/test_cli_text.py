"""`warchronicle extract --text`, `--explain` and `--without`: files, folders, pipes, terminals, bad input."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli.app import run
from pipelines.errors import ExitCode
from tests import archives, warcs

ROOT = Path(__file__).parents[2]
SHARE = "If you liked this article, please share it with your friends."
TEXT = "\n\n".join(
    [archives.TITLE, *archives.SENTENCES, SHARE, "by Ann Lee", "Category", "- 1. Rails.", "Date", "09/12/2022"]
)


@pytest.fixture
def extract(capsysbinary):
    """Run the command here; returns (exit code, standard output, standard error)."""

    def call(*arguments: object):
        code = run(["extract", "--jobs", "1", *map(str, arguments)])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def rows(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_text_file(extract, tmp_path):
    path = tmp_path / "000_kupiansk.txt"
    path.write_text(TEXT)
    code, out, _ = extract("--text", path, "--url", "https://news.test/kupiansk")
    (row,) = rows(out)
    assert code == ExitCode.OK
    assert (row["id"], row["url"], row["outcome"], row["provenance"]) == (
        "000_kupiansk",
        "https://news.test/kupiansk",
        "article",
        None,
    )
    assert (row["title"], row["authors"], row["categories"]) == (archives.TITLE, ["Ann Lee"], ["Rails"])
    assert row["published"] == "2022-09-12"
    assert row["text"].splitlines() == list(archives.SENTENCES)
    assert next(block["removal"] for block in row["blocks"] if not block["kept"]) == "share_appeal"


def test_a_folder_of_text_and_nothing_else(extract, tmp_path):
    (tmp_path / "b.txt").write_text(TEXT)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "c.md").write_text(f"# {TEXT}")
    (tmp_path / "d.text").write_bytes(b"")
    (tmp_path / "page.html").write_bytes(archives.html(1))
    code, out, err = extract("--text", "--json", tmp_path)
    assert code == ExitCode.OK
    assert [(row["id"], row["outcome"]) for row in rows(out)] == [
        ("a", "article"),
        ("b", "article"),
        ("c", "article"),
        ("d", "no_text"),
    ]
    assert len({row["text"] for row in rows(out)[:3]}) == 1
    assert json.loads(err)["outcomes"] == {"article": 3, "no_text": 1}


def test_a_manifest_of_text_files(extract, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text(json.dumps({"id": "x", "path": str(tmp_path / "a.txt"), "url": "https://news.test/a"}))
    _, out, _ = extract("--text", "--manifest", manifest)
    assert [(row["id"], row["url"], row["title"]) for row in rows(out)] == [
        ("x", "https://news.test/a", archives.TITLE)
    ]


def test_text_only_of_text(extract, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    assert extract("--text", "--text-only", tmp_path)[1] == "\n".join(archives.SENTENCES) + "\n\n"


def test_stdin_is_text():
    command = [sys.executable, "-W", "error", "-m", "pipelines", "extract", "--text", "--jobs", "1", "-"]
    done = subprocess.run(
        command, input=gzip.compress(TEXT.encode()), capture_output=True, timeout=120, cwd=ROOT, check=True
    )
    (row,) = rows(done.stdout.decode())
    assert (row["id"], row["title"]) == ("stdin", archives.TITLE)


def test_explain_in_a_pipe_and_into_a_file(extract, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    code, out, err = extract("--text", "--explain", path)
    lines = out.splitlines()
    assert code == ExitCode.OK
    assert lines[0] == "==  a  article"
    assert [line.removeprefix("+ paragraph  ") for line in lines if line.startswith("+")] == list(archives.SENTENCES)
    assert [line.split("  ")[0] for line in lines if line.startswith("- ")] == [
        "- share_appeal",
        "- byline",
        *["- cms_label"] * 4,
    ]
    assert "\x1b" not in out + err
    extract("--text", "--explain", path, "-o", tmp_path / "why.txt")
    assert (tmp_path / "why.txt").read_text() == out


def test_explain_of_pages_and_warcs(extract, tmp_path):
    (tmp_path / "a.html").write_bytes(archives.html(1))
    (tmp_path / "b.warc.gz").write_bytes(warcs.member(warcs.record(1, warcs.response(archives.html(2)))))
    _, out, _ = extract("--explain", tmp_path)
    heads = [line for line in out.splitlines() if line.startswith("==")]
    assert heads[0] == "==  a  article"
    assert heads[1].endswith("  article  http://news.test/1")
    assert out.count("\n+ paragraph  ") == 2 * len(archives.SENTENCES)
    assert "published  2022-09-10T02:00:00+03:00  [meta:article:published_time" in out


def test_explain_on_a_terminal_has_colours_two_columns_and_no_bar(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "NO_COLOR": ""}
    command = [sys.executable, "-m", "pipelines", "extract", "--text", "--explain", "--jobs", "1", str(path)]
    with subprocess.Popen(
        command, stdout=follower, stderr=follower, stdin=subprocess.DEVNULL, cwd=ROOT, env=environment
    ) as child:
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 1 << 16)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
        assert child.wait(timeout=60) == ExitCode.OK
    os.close(leader)
    text = shown.decode()
    assert "\x1b[1;31mshare_appeal" in text
    assert "kept" in text
    assert "removed" in text
    assert "extract \x1b" not in text  # the bar's description
    assert "\x1b[?25l" not in text  # nor does it hide the cursor


def test_without_a_source_of_evidence(extract, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    _, out, _ = extract("--text", "--without", "phrases", "--without", "classifier", path)
    assert SHARE in rows(out)[0]["text"]
    (tmp_path / "crawl.toml").write_text('[derive]\nresidue = ["repeats"]\n')
    _, out, _ = extract("--text", "--config", tmp_path, path)
    assert SHARE in rows(out)[0]["text"]


def test_rules_beside_the_configuration(extract, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    (tmp_path / "crawl.toml").write_text("")
    (tmp_path / "residue").mkdir()
    rule = 'language = "en"\n[[rule]]\nname = "mine"\nremoval = "advert"\nstarts = ["railway workers"]\nexamples = ["Railway workers!"]\n'
    (tmp_path / "residue/en.toml").write_text(rule)
    _, out, _ = extract("--text", "--explain", "--config", tmp_path, path)
    (advert,) = [line for line in out.splitlines() if line.startswith("- advert")]
    assert advert.startswith("- advert  en:mine  Railway workers had")
    assert f"+ paragraph  {SHARE}" in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--explain", "--text-only", "a.txt"], ExitCode.USAGE, "choose one"),
        (["--without", "magic", "a.txt"], ExitCode.USAGE, "phrases"),
        (["--text", "a.warc.gz"], ExitCode.INPUT, "leave --text away"),
        (["--text", "gone.txt"], ExitCode.INPUT, "there is no such file"),
        (["--text", "empty"], ExitCode.INPUT, "no file in it ends in .txt"),
        (["--text", "--url", "https://a.test/", "a.txt", "a.txt"], ExitCode.USAGE, "--manifest FILE is for more"),
    ],
)
def test_bad_input_is_one_clear_line(extract, tmp_path, monkeypatch, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.warc.gz").write_bytes(warcs.member(warcs.record(1, warcs.response(archives.html(1)))))
    got, out, err = extract(*arguments)
    assert (got, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def test_a_text_that_is_too_long_is_counted_and_the_next_is_read(extract, tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"word " * 11_000_000, 1))
    (tmp_path / "b.txt").write_text(TEXT)
    code, out, _ = extract("--text", tmp_path)
    assert code == ExitCode.OK
    assert [(row["id"], row["outcome"]) for row in rows(out)] == [("a", "undecodable"), ("b", "article")]
