"""WARCs of other writers, each read, or refused with the reason, and all of it counted.

By the programs themselves: warcio, FastWARC, wget, py-wacz. In the shape of their records: Heritrix, scrapy-webarchive,
crau, Browsertrix, Common Crawl (WARC, WET, WAT), ARC 1.0. And what pywb ships: wget 1.14, wpull, LiveWeb, warcprox.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ExitCode
from tests import archives, reruns, waczs
from tests.foreign import programs, shapes
from tests.foreign.shapes import url

ROOT = Path(__file__).parents[2]
REPLAY = ROOT / ".venv-replay"  # pywb and py-wacz live there
SAMPLES = REPLAY / "sample_archive" / "warcs"

#: What is in the archives that pywb ships.
PYWB = {
    "dupes.warc.gz": {"article": 1, "duplicate": 9, "no_text": 1, "redirect": 1},  # LiveWeb
    "example-wget-1-14.warc.gz": {"article": 1, "not_http": 3},
    "example-wpull.warc.gz": {"article": 1, "not_http": 1},
    "example2.warc.gz": {"article": 1},  # warcprox
    "iana.warc.gz": {"article": 16, "duplicate": 123, "no_text": 16, "not_html": 12, "redirect": 4},
    "post-test.warc.gz": {"not_html": 3},
    "httpbin-resource.warc.gz": {"not_html": 1},
    "example.arc.gz": {"article": 1},
    "example.arc": {"article": 1},
    "example-url-agnostic-orig.warc.gz": {"article": 1},  # its warcinfo is longer than it says
    "example-url-agnostic-revisit.warc.gz": {"duplicate": 1},
    "example-extra.warc": {"article": 1},  # records that somebody edited by hand
}
#: Damages, each named with its offset and why.
REFUSED = {
    "example-url-agnostic-orig.warc.gz": 1,
    "example-url-agnostic-revisit.warc.gz": 1,
    "example-extra.warc": 4,
    "missing-status-text.warc": 1,
}


def missing(what: str) -> None:
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(what)
    pytest.skip(what)


def warchronicle(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )


@dataclass
class Read:
    """What `extract` and `verify` say of a folder: rows and faults by file, below the folder."""

    code: int
    facts: dict[str, Any]
    verified: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    folder: Path
    site: str  # where wget found its pages
    again: dict[str, Any]  # run.json of a re-run of all, and what it did

    def outcomes(self, name: str) -> dict[str, str]:
        return {row["url"]: row["outcome"] for row in self.rows[name]}

    def faults(self) -> Counter[str]:
        return Counter(fault.partition(" at ")[0].removeprefix(f"{self.folder}/") for fault in self.facts["faults"])

    def verdict(self, name: str) -> dict[str, Any]:
        return next(file for file in self.verified["files"] if file["file"] == f"{self.folder}/{name}")


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """All of them, in one go: starting the program takes longer than reading the files."""
    folder = tmp_path_factory.mktemp("foreign")
    programs.warcio(folder / "warcio.warc.gz", 0)
    programs.warcio(folder / "warcio-plain.warc", 10, gzipped=False, version="1.0")
    programs.fastwarc(folder / "fastwarc.warc.gz", 20)
    shapes.heritrix(folder / "heritrix.warc.gz", 30)
    shapes.scrapy_webarchive(folder / "scrapy-webarchive.warc.gz", 40)
    shapes.crau(folder / "crau.warc.gz", 50)
    shapes.browsertrix(folder / "browsertrix.warc.gz", 60)
    shapes.common_crawl(folder, 70)
    shapes.arc(folder / "old.arc.gz", 80, gzipped=True)
    shapes.arc(folder / "old-plain.arc", 81, gzipped=False)
    waczs.make(folder / "browsertrix.wacz", [folder / "browsertrix.warc.gz"])
    site = ""
    if shutil.which("wget"):
        site = programs.wget(folder, 5)
    if (REPLAY / "bin" / "wacz").exists():
        inputs = [folder / "warcio.warc.gz", folder / "heritrix.warc.gz"]
        command = [REPLAY / "bin" / "wacz", "create", "-o", folder / "packed.wacz", *inputs]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        data = bytearray((folder / "packed.wacz").read_bytes())
        data[data.index(b"archive/warcio.warc.gz") + 300] ^= 1
        (folder / "changed.wacz").write_bytes(data)
    if SAMPLES.is_dir():
        (folder / "pywb").mkdir()
        for name in {*PYWB, *REFUSED}:
            shutil.copy(SAMPLES / name, folder / "pywb" / name)
    done = warchronicle("extract", "--json", "--jobs", "2", folder)
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in map(json.loads, done.stdout.splitlines()):
        rows.setdefault(row["provenance"]["warc"].removeprefix(f"{folder}/"), []).append(row)
    verified = json.loads(warchronicle("verify", "--json", folder).stdout)
    again = reruns.facts(reruns.rerun(tmp_path_factory.mktemp("rerun") / "out", "--jobs", 2, folder))
    return Read(done.returncode, json.loads(done.stderr), verified, rows, folder, site, again)


OURS = [
    "warcio.warc.gz", "warcio-plain.warc", "fastwarc.warc.gz", "heritrix.warc.gz", "scrapy-webarchive.warc.gz",
    "crau.warc.gz", "browsertrix.warc.gz", "browsertrix.wacz#archive/browsertrix.warc.gz", "cc.warc.gz",
    "cc.wet.warc.gz", "cc.wat.warc.gz", "old.arc.gz", "old-plain.arc",
]  # fmt: skip


def test_all_is_counted(read: Read):
    assert read.facts["rows"] == sum(map(len, read.rows.values()))
    assert not set(read.faults()) & set(OURS)
    assert read.facts["damages"] + read.facts["unreadable"] == len(read.facts["faults"]) < 100
    manifests = 2 if read.site else 0  # of wget
    assert read.facts["records_without_row"] == {"conversion": 3, "metadata": 3 + manifests}  # of the WET, of the WAT
    assert read.code == (ExitCode.PARTIAL if read.facts["faults"] else ExitCode.OK)


@pytest.mark.parametrize("name", OURS)
def test_each_is_sound_to_verify(read: Read, name: str):
    assert read.verdict(name)["damages"] == []


def test_a_rerun_reads_the_same(read: Read):
    """But a WARC once that lies in a WACZ, too; and it knows of revisits whose original is nowhere."""
    once = Counter(row["outcome"] for name, rows in read.rows.items() if "#" not in name for row in rows)
    again = Counter(read.again["outcomes"])
    for outcomes in (once, again):
        outcomes["revisits"] = outcomes.pop("duplicate") + outcomes.pop("unresolved_revisit", 0)
    assert once == again
    assert read.again["without_row"] == read.facts["records_without_row"]
    assert read.again["damages"] == read.facts["damages"]
    assert len(read.again["unread"]) == read.facts["unreadable"]


def title_and_text(number: int) -> tuple[str, str]:
    return f"{archives.TITLE} {number}", "\n".join(f"{sentence} ({number})" for sentence in archives.SENTENCES)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("warcio.warc.gz", [0, 1, 2]),
        ("warcio-plain.warc", [10, 11, 12]),
        ("fastwarc.warc.gz", [20, 21]),
        ("heritrix.warc.gz", [30]),
        ("scrapy-webarchive.warc.gz", [40]),
        ("crau.warc.gz", [50]),
        ("browsertrix.warc.gz", [60]),
        ("browsertrix.wacz#archive/browsertrix.warc.gz", [60]),
        ("cc.warc.gz", [70]),
        ("old.arc.gz", [80]),
        ("old-plain.arc", [81]),
    ],
)
def test_whole_articles_come_out(read: Read, name: str, numbers: list[int]):
    articles = {row["url"]: row for row in read.rows[name] if row["outcome"] == "article"}
    for number in numbers:
        row = articles[url(number)]
        assert (row["title"], row["text"]) == title_and_text(number)


OTHERS = {
    "warcio.warc.gz": {f"{url(0)}?again": "duplicate", f"{url(0)}/old": "redirect"},
    "heritrix.warc.gz": {
        "dns:foreign.test": "not_http",
        "whois:foreign.test": "not_http",
        "ftp://foreign.test/x": "not_http",
        f"{url(30)}?b": "duplicate",
    },
    "cc.warc.gz": {f"{url(70)}?cut": "truncated"},
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_article_says_what_it_is(read: Read, name: str):
    assert read.outcomes(name).items() >= OTHERS[name].items()


def test_what_browsertrix_says_of_a_page_is_none(read: Read):
    rows = [row for row in read.rows["browsertrix.warc.gz"] if row["url"].startswith("urn:")]
    outcomes = Counter((row["url"].split(":")[1], row["outcome"]) for row in rows)
    assert outcomes == dict.fromkeys([("pageinfo", "not_http"), ("text", "not_http"), ("view", "not_http")], 1)


def test_a_body_that_was_decoded_before_it_was_stored_is_told(read: Read):
    (row,) = read.rows["crau.warc.gz"]
    assert "Content-Length" in row["detail"]


# -- programs that may not be there --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["wget.warc.gz", "wget-plain.warc"])
def test_wget(read: Read, name: str):
    if not read.site:
        missing("wget is not there; apt-get install wget")
    assert name not in read.faults()
    rows = {row["url"].removeprefix(read.site): row for row in read.rows[name]}
    assert (rows["/old"]["outcome"], rows["/gone"]["outcome"]) == ("redirect", "http_4xx")
    for number in (5, 6):
        assert (rows[f"/story-{number}"]["title"], rows[f"/story-{number}"]["text"]) == title_and_text(number)
    notes = {row["outcome"] for url, row in rows.items() if not url.startswith("/")}
    assert notes == {"not_http"}  # its log and its arguments


def test_py_wacz(read: Read):
    if "packed.wacz#archive/warcio.warc.gz" not in read.rows:
        missing("py-wacz is not there: make test builds .venv-replay")
    for name in ("warcio.warc.gz", "heritrix.warc.gz"):
        packed = f"packed.wacz#archive/{name}"
        assert [strip(row) for row in read.rows[packed]] == [strip(row) for row in read.rows[name]]
        assert read.verdict(packed)["sound"]


def strip(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "provenance": {**row["provenance"], "warc": ""}}


def test_a_wacz_that_was_changed_is_refused_with_what_to_do(read: Read):
    if not (read.folder / "changed.wacz").exists():
        missing("py-wacz is not there: make test builds .venv-replay")
    (fault,) = [fault for fault in read.facts["faults"] if "changed.wacz" in fault]
    assert "archive/warcio.warc.gz is not what datapackage.json says" in fault
    assert "unpack it" in fault
    assert fault in [each["error"] for each in read.verified["unreadable"]]
    (damage,) = read.verdict("changed.wacz#archive/warcio.warc.gz")["damages"]
    assert damage["kind"] == "bad_gzip"  # and which record it is


def test_the_archives_that_pywb_ships(read: Read):
    if not SAMPLES.is_dir():
        missing("pywb's sample archives are not there: make test builds .venv-replay")
    assert {name: count for name, count in read.faults().items() if name.startswith("pywb/")} == {
        f"pywb/{name}": count for name, count in REFUSED.items()
    }
    rows = {name: Counter(row["outcome"] for row in rows) for name, rows in read.rows.items()}
    assert {name: count for name, count in rows.items() if name.startswith("pywb/")} == {
        f"pywb/{name}": counts for name, counts in PYWB.items()
    }
