"""What is wrong with the world, one fault after the other: each ends in a clear message or a counted outcome, in time.

The commands are those that a user runs, in processes of their own.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipelines import message
from pipelines.errors import ExitCode
from pipelines.model import Damage, Record
from pipelines.warc import reader
from pipelines.warc.verify import verify
from tests.integration import bad_site as bad
from tests.integration.bad_site import BadSite

ROOT = Path(__file__).parents[2]
MIB = 2**20
NEWS = ("crawl", "news", "-a", f"since={bad.DAY}", "-a", f"until={bad.DAY}")


# -- running -------------------------------------------------------------------------------------------------------


def scrapy(config: Path, log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "scrapy", *arguments],
            cwd=ROOT,
            env={**os.environ, "WARCHRONICLE_CONFIG": str(config)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
        )


@dataclass
class Ended:
    code: int
    log: str
    peaks: dict[str, int] = field(default_factory=dict)  # most bytes in memory: of the crawler, and of any worker


def ended(process: subprocess.Popen[bytes], log: Path, seconds: float = 90) -> Ended:
    """Wait for it, and watch how much memory it and its children take."""
    peaks: dict[str, int] = {"crawler": 0, "worker": 0}
    until = time.monotonic() + seconds
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        if time.monotonic() > until:
            process.kill()
            process.wait()
            raise AssertionError(f"it did not end in {seconds} s:\n{log.read_text()[-3000:]}")
        with_children = {"crawler": [watched], "worker": watched.children()} if watched.is_running() else {}
        for name, each in with_children.items():
            peaks[name] = max([peaks[name], *map(peak_of, each)])
        time.sleep(0.05)
    return Ended(process.returncode, log.read_text("utf-8"), peaks)


def peak_of(process: psutil.Process) -> int:
    """VmHWM, which only grows; ru_maxrss would count the memory of whoever started the process."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def run(config: Path, *arguments: str, log: Path | None = None) -> Ended:
    log = log or config.parent / "log"
    return ended(scrapy(config, log, *(arguments or NEWS)), log)


def warchronicle(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=90,
        check=False,
    )


def rows_of(archive: Path) -> dict[str, dict[str, Any]]:
    """The catalog's rows by path of the URL's host and path."""
    exported = warchronicle("export", archive, "--format", "jsonl", "--outcome", "all")
    assert exported.returncode == ExitCode.OK, exported.stderr
    return {place(row["url"]): row for row in map(json.loads, exported.stdout.splitlines())}


def place(url: str) -> str:
    """host/path, without the port."""
    return re.sub(r"^http://([0-9.]+):\d+", r"\1", url)


def records_of(archive: Path) -> list[Record]:
    """All records of the sealed WARCs, which must be sound."""
    found = []
    for path in sorted(archive.glob("warc/**/*.warc.gz")):
        assert verify(path).sound, verify(path).damages
        for record in reader.read(path):
            assert not isinstance(record, Damage)
            found.append(record)
    return found


def captured(archive: Path) -> Counter[str]:
    """How often each page of the good host stands in the sealed WARCs."""
    assert not list(archive.glob("warc/**/*.open"))
    answers = [record for record in records_of(archive) if record.type in {"response", "revisit"}]
    return Counter(place(record.url) for record in answers if "/good-" in record.url)


def assert_said(result: Ended, code: ExitCode, *words: str) -> None:
    assert result.code == code, result.log[-3000:]
    assert "Traceback" not in result.log
    assert "Unhandled" not in result.log
    for each in words:
        assert each in result.log, result.log[-3000:]


# -- mistakes of the operator --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "arguments", "words"),
    [
        ("typo", NEWS, ("crawl.toml:7: unknown key 'fetch.delay_second'; did you mean 'delay_seconds'?",)),
        ("none", ("crawl", "news", "-a", "since=2022-13-01"), ("since=2022-13-01: not a day; write it as 2022-09-01",)),
        ("none", ("crawl", "news", "-a", "sinse=2022-09-01"), ("news has no such argument; did you mean 'since'?",)),
        ("none", ("crawl", "news", "-a", "sources=god"), ("no source 'god' in sources.toml; did you mean 'good'?",)),
        ("contact", NEWS, ("crawl.toml: operator.contact is empty", "e-mail address")),
        ("contact", ("collect",), ("crawl.toml: operator.contact is empty", "e-mail address")),
    ],
)
def test_a_mistake_of_the_operator_is_said_before_anything_is_touched(tmp_path, wrong, arguments, words):
    with BadSite() as site:
        config = site.configure(tmp_path)
        if wrong == "typo":
            replace(config / "crawl.toml", "delay_seconds", "delay_second")
        if wrong == "contact":
            sources = config / "sources.toml"
            sources.write_text(
                sources.read_text() + '[[source]]\nid = "far"\nname = "Far"\ndomain = "https://example.org/"\n'
            )
        result = run(config, *arguments)
        assert not site.visits
    assert_said(result, ExitCode.CONFIG, *words)
    assert len(result.log.splitlines()) <= 2
    assert not (tmp_path / "archive").exists()


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


# -- one crawl of the bad site -------------------------------------------------------------------------------------


@dataclass
class Faulty:
    site: BadSite
    archive: Path
    result: Ended
    rows: dict[str, dict[str, Any]]
    responses: dict[str, Record]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    folder = tmp_path_factory.mktemp("bad")
    archive = folder / "archive"
    with BadSite() as site:
        result = run(site.configure(folder))
        responses = {place(record.url): record for record in records_of(archive) if record.type == "response"}
        yield Faulty(site, archive, result, rows_of(archive), responses)


def payload(record: Record) -> bytes:
    head = message.parse_head(record.block)
    assert head is not None
    return record.block[head.length :]


def test_sources_that_fail_are_named_and_the_others_are_served(faulty):
    closed, no_feed, bombs = (faulty.site.url(host, "/feed") for host in (bad.CLOSED, bad.NO_FEED, bad.BOMBS))
    assert_said(faulty.result, ExitCode.PARTIAL)
    last = faulty.result.log.splitlines()[-3:]
    assert last[0].startswith(f"bombs: {bombs}-bomb: undecodable: ")
    assert "fetch.decoded_max" in last[0]
    assert last[1].startswith(f"closed: {closed}: connect_error: ")
    assert last[2] == f"no-feed: {no_feed}: html_instead: an HTML page"
    good = {path: row["outcome"] for path, row in faulty.rows.items() if path.startswith(bad.GOOD)}
    assert good == {f"{bad.GOOD}{path}": "article" for path in faulty.site.pages(bad.GOOD)}


@pytest.mark.parametrize("host", [bad.BOMBS, bad.FLOOD, bad.DRIP, bad.ENDLESS])
def test_the_other_pages_of_a_bad_host_are_articles(faulty, host):
    row = faulty.rows[f"{host}/after"]
    assert row["outcome"] == "article"
    assert "first buses crossed it before noon" in row["text"]


@pytest.mark.parametrize(
    ("path", "bomb"),
    [("/bomb-gzip", bad.gzip_bomb), ("/bomb-brotli", bad.brotli_bomb), ("/feed-bomb", bad.nested_bomb)],
)
def test_a_bomb_is_kept_as_it_came_and_never_unfolded(faulty, path, bomb):
    record = faulty.responses[f"{bad.BOMBS}{path}"]
    assert payload(record) == bomb()
    assert not record.field("WARC-Truncated")
    if path != "/feed-bomb":
        row = faulty.rows[f"{bad.BOMBS}{path}"]
        assert (row["outcome"], row["text"]) == ("undecodable", "")
        assert path not in faulty.result.log  # the crawler did not look into it: that is a worker's part
    assert 100 * MIB < faulty.result.peaks["crawler"] < 600 * MIB
    assert 100 * MIB < faulty.result.peaks["worker"] < 600 * MIB


def test_the_bombs_are_bombs():
    """Sound gzip to its checksum; the big one differs by the number of its blocks only."""
    size = 128 * MIB
    with gzip.GzipFile(fileobj=io.BytesIO(bad.gzip_bomb(size))) as unfolded:
        assert sum(map(len, iter(lambda: unfolded.read(MIB), b""))) == size
    assert 60 < len(bad.gzip_bomb()) / len(bad.gzip_bomb(size)) < 90
    assert gzip.decompress(bad.nested_bomb()) == bad.gzip_bomb()


def test_a_flood_of_attributes_ends_in_its_time(faulty):
    for path in ("/attributes", "/brackets"):
        row = faulty.rows[f"{bad.FLOOD}{path}"]
        assert row["outcome"] in {"article", "no_text", "extract_timeout"}, row
        assert payload(faulty.responses[f"{bad.FLOOD}{path}"]).count(b" data-a") == 50_000


def test_a_drip_is_cut_and_holds_nobody_up(faulty):
    drip = faulty.site.visit(bad.DRIP, "/drip")
    assert bad.TOTAL_SECONDS - 0.5 < drip.ended - drip.began < bad.TOTAL_SECONDS + 5
    record = faulty.responses[f"{bad.DRIP}/drip"]
    assert record.field("WARC-Truncated") == "time"
    row = faulty.rows[f"{bad.DRIP}/drip"]
    assert row["outcome"] in {"truncated", "timeout"}
    meanwhile = [visit for visit in faulty.site.visits if drip.began < visit.began and visit.ended < drip.ended]
    assert any(visit.host == bad.GOOD for visit in meanwhile)
    # Nothing of the good host waited for the drip to end; how much of it came before is a matter of order.
    assert all(visit.ended < drip.ended for visit in faulty.site.visits if visit.host == bad.GOOD)


def test_an_endless_body_is_cut_at_its_limit(faulty):
    record = faulty.responses[f"{bad.ENDLESS}/endless"]
    assert record.field("WARC-Truncated") == "length"
    assert len(payload(record)) == bad.BODY_MAX
    assert faulty.rows[f"{bad.ENDLESS}/endless"]["outcome"] == "truncated"
    assert faulty.site.visit(bad.ENDLESS, "/endless").sent < bad.BODY_MAX + 16 * MIB


# -- a WARC that was cut -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(faulty: Faulty) -> tuple[list[bytes], list[Record]]:
    """The members of the crawl's WARC that are of the good host, as they are, and their records."""
    members, records = [], []
    for path in faulty.archive.glob("warc/**/*.warc.gz"):
        whole = path.read_bytes()
        for record in reader.read(path):
            assert not isinstance(record, Damage)
            if record.type == "warcinfo" or bad.GOOD in record.url:
                start = record.locator.offset
                members.append(whole[start : start + record.locator.length])
                records.append(record)
    return members, records


@pytest.mark.parametrize("rest", [False, True])
def test_a_warc_cut_in_the_middle_of_a_member(sound, tmp_path, rest):
    """With `rest`, half of a member is missing in the middle of the file; else the file ends there."""
    members, records = sound
    name = f"{bad.GOOD}/good-06"
    hurt = next(i for i, record in enumerate(records) if record.type == "response" and place(record.url) == name)
    offset = sum(map(len, members[:hurt]))
    path = tmp_path / "cut.warc.gz"
    after = b"".join(members[hurt + 1 :]) if rest else b""
    path.write_bytes(b"".join(members[:hurt]) + members[hurt][: len(members[hurt]) // 2] + after)

    verified = warchronicle("verify", "--json", path)
    assert verified.returncode == ExitCode.DAMAGE
    damages = [damage for file in json.loads(verified.stdout)["files"] for damage in file["damages"]]
    assert [(damage["file"], damage["offset"]) for damage in damages] == [(str(path), offset)]
    said = warchronicle("verify", path)
    assert said.returncode == ExitCode.DAMAGE
    assert f"{path} at {offset}: " in " ".join(said.stderr.decode().split())

    extracted = warchronicle("extract", "--json", path)
    assert extracted.returncode == ExitCode.PARTIAL, extracted.stderr
    summary = json.loads(extracted.stderr)
    assert summary["damages"] == 1
    assert f"cut.warc.gz at {offset}: " in summary["faults"][0]
    kept = [record for record in (records if rest else records[:hurt]) if record.type == "response"]
    pages = {place(record.url) for record in kept if "/good-" in record.url} - {name}
    rows = [json.loads(line) for line in extracted.stdout.splitlines()]
    assert {place(row["url"]): row["outcome"] for row in rows} == dict.fromkeys(pages, "article")
    assert len(pages) >= 3


# -- signals -------------------------------------------------------------------------------------------------------


def wait_for(site: BadSite, host: str, count: int) -> None:
    """Until so many pages of a host were asked for."""
    until = time.monotonic() + 60
    while sum(visit.host == host and visit.path not in {"/robots.txt", "/feed"} for visit in site.visits) < count:
        assert time.monotonic() < until, site.visits
        time.sleep(0.02)


def assert_complete(site: BadSite, archive: Path) -> None:
    """Every page of the good host was captured, once."""
    assert captured(archive) == Counter(f"{bad.GOOD}{path}" for path in site.pages(bad.GOOD))
    rows = rows_of(archive)
    assert all(rows[f"{bad.GOOD}{path}"]["outcome"] == "article" for path in site.pages(bad.GOOD))


@pytest.mark.parametrize("signals", [(signal.SIGTERM,), (signal.SIGINT,), (signal.SIGINT, signal.SIGINT)])
def test_a_signal_ends_the_crawl_and_the_next_run_goes_on(tmp_path, signals):
    archive, log = tmp_path / "archive", tmp_path / "log"
    twice = len(signals) > 1
    with BadSite(20) as site:
        config = site.configure(tmp_path, [bad.GOOD, bad.DRIP] if twice else [bad.GOOD])
        process = scrapy(config, log, *NEWS)
        wait_for(site, bad.GOOD, 5)
        if twice:
            wait_for(site, bad.DRIP, 2)  # a page that would hold up the end for seconds is under way
        for number in signals:
            process.send_signal(number)
            time.sleep(0.3)
        sent = time.monotonic()
        result = ended(process, log, 30)
        assert_said(result, ExitCode.INTERRUPTED)
        if twice:
            assert time.monotonic() - sent < bad.TOTAL_SECONDS
        first = captured(archive)
        assert 4 <= len(first) < 20
        assert set(first.values()) == {1}
        config = site.configure(tmp_path, [bad.GOOD])
        assert_said(run(config), ExitCode.OK)
        assert_complete(site, archive)


# -- a full disk ---------------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A file system of its own: call it with its size in bytes, again to give it another size."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(size: int, *more: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", ",".join([*more, f"size={size}"]), "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            words = f"a tmpfs of {size} bytes can't be mounted here (it takes root): {done.stderr.strip()}"
            if os.environ.get("REQUIRE_SERVICES") == "1":
                pytest.fail(f"{words}, and REQUIRE_SERVICES=1 asks for it")
            pytest.skip(words)
        return folder

    def resize(size: int) -> Path:
        return mount(size, "remount") if folder.is_mount() else mount(size)

    yield resize
    if folder.is_mount():
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(disk, tmp_path):
    """First the floor stops the crawl, then the system itself; then there is room again, and nothing is lost."""
    with BadSite(40, heavy=True) as site:
        folder = disk(2 * MIB)
        archive = folder / "archive"
        config = site.configure(folder, [bad.GOOD], floor=1 * MIB)
        low = run(config, *NEWS, "-s", "CHRONICLE_DISK_SECONDS=0.1", log=tmp_path / "log")
        assert_said(low, ExitCode.STORAGE, "less than archive.free_disk_floor (1,048,576); make room or lower it")
        stored = captured(archive)
        assert 1 <= len(stored) < 40

        full = run(site.configure(folder, [bad.GOOD]), log=tmp_path / "log")
        assert_said(full, ExitCode.STORAGE)
        assert re.search("No space left on device|disk is full", full.log.splitlines()[-1])
        assert len(full.log.splitlines()) < 12
        assert warchronicle("verify", archive).returncode == ExitCode.OK
        asked = len(site.visits)
        assert asked < 40

        disk(64 * MIB)
        assert_said(run(config, log=tmp_path / "log"), ExitCode.OK)
        assert stored.keys() <= captured(archive).keys()
        assert_complete(site, archive)
        # What the first two runs brought was not asked for again, but for the feed, robots.txt, and what was under way.
        assert len(site.visits) - asked < 40 - len(stored) + 3


@pytest.mark.parametrize("room", [2**13, 2**18])
def test_a_disk_that_is_full_at_the_start(disk, tmp_path, room):
    """No room for a catalog, or none for records."""
    with BadSite(10, heavy=True) as site:
        config = site.configure(tmp_path, [bad.GOOD])
        archive = disk(room)
        replace(config / "crawl.toml", str(tmp_path / "archive"), str(archive))
        result = run(config)
        assert_said(result, ExitCode.STORAGE)
        assert re.search("No space left on device|disk is full|disk I/O error", result.log.splitlines()[-1])
        disk(64 * MIB)
        assert_said(run(config), ExitCode.OK)
        assert_complete(site, archive)
