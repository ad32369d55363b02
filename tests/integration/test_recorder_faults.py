"""The recorder and its recovery when things go wrong: full disks, kill -9, cuts anywhere, an index that fails."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipelines.errors import RecordError, StorageError
from pipelines.model import DamageKind, Record, Recorded, RecordKind
from pipelines.warc import cdxj
from pipelines.warc.reader import read, read_at
from pipelines.warc.recover import recover
from pipelines.warc.verify import verify
from tests.warcs import Index, capture, page, record_all, recorder, response

CHILD = Path(__file__).with_name("recorder_child.py")


def child(archive: Path, count: int, *limit: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(CHILD), str(archive), str(count), *map(str, limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def files(archive: Path, suffix: str) -> list[Path]:
    return sorted((archive / "warc").glob(f"**/*{suffix}"))


def answers(archive: Path) -> list[str]:
    """Ids of the response and revisit records of all sealed files."""
    events = [event for path in files(archive, ".warc.gz") for event in read(path)]
    assert all(isinstance(event, Record) for event in events)
    return [
        event.locator.record_id
        for event in events
        if isinstance(event, Record) and event.type in {"response", "revisit"}
    ]


def assert_sound(archive: Path, index: Index) -> None:
    """Nothing open, every file clean with its CDXJ, every answer in the index once, every row readable."""
    assert files(archive, ".open") == []
    for path in files(archive, ".warc.gz"):
        assert verify(path).damages == ()
        assert path.with_name(path.name + ".cdxj").read_text("utf-8").splitlines() == cdxj.index(path)
    stored = answers(archive)
    assert len(stored) == len(set(stored))
    assert set(stored) == set(index.rows)
    for row in index.rows.values():
        assert read_at(archive, row.locator).locator == row.locator


# -- at work --------------------------------------------------------------------------------------------------------


def test_many_threads_and_files(tmp_path: Path):
    index = Index()
    writer = recorder(tmp_path, index, roll_bytes=30_000)
    futures = []

    def submit(start: int) -> None:
        futures.extend(writer.submit(capture(number, os.urandom(800))) for number in range(start, start + 50))

    threads = [threading.Thread(target=submit, args=(start,)) for start in range(0, 200, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [future.result(30) for future in futures]
    writer.close()
    writer.close()
    assert len(writer.sealed) > 5
    assert {row.url for row in done} == {f"https://news.test/page-{number}" for number in range(200)}
    assert index.threads == {"warc-recorder"}
    assert_sound(tmp_path, index)
    for path in writer.sealed:
        assert path.stat().st_size < 30_000 + 20_000  # one exchange past the limit at most
    name = writer.sealed[0].relative_to(tmp_path).as_posix()
    assert name.startswith("warc/")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-./")
    assert "-run-1-" in name


def test_a_file_is_sealed_when_it_is_old(tmp_path: Path):
    index = Index()
    writer = recorder(tmp_path, index, roll_seconds=0.2)
    try:
        writer.submit(capture(1)).result(10)
        assert len(files(tmp_path, ".open")) == 1
        deadline = time.monotonic() + 10
        while not writer.sealed and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(writer.sealed) == 1
        writer.submit(capture(2)).result(10)
    finally:
        writer.close()
    assert len(writer.sealed) == 2
    assert_sound(tmp_path, index)


def test_the_index_never_names_what_is_not_yet_in_the_file(tmp_path: Path):
    class Strict(Index):
        def commit(self, batch: Sequence[Recorded]) -> None:
            for row in batch:
                assert read_at(tmp_path, row.locator).locator == row.locator
            super().commit(batch)

    index = Strict()
    writer = recorder(tmp_path, index)
    futures = [writer.submit(capture(number)) for number in range(40)]
    for future in futures:
        assert future.result(10).locator.record_id in index.rows
    writer.close()
    assert len(index.rows) == 40


def test_what_waits_together_is_committed_together(tmp_path: Path):
    gate = threading.Event()

    class Slow(Index):
        def commit(self, batch: Sequence[Recorded]) -> None:
            gate.wait(10)
            super().commit(batch)

    index = Slow()
    writer = recorder(tmp_path, index)
    futures = [writer.submit(capture(number % 7)) for number in range(60)]
    gate.set()
    kinds = [future.result(10).kind for future in futures]
    writer.close()
    assert len(index.commits) < 20
    assert kinds.count(RecordKind.RESPONSE) == 7  # repeats within one batch are revisits, too
    assert_sound(tmp_path, index)


def test_a_bad_exchange_fails_alone(tmp_path: Path):
    index = Index()
    writer = recorder(tmp_path, index)
    futures = [
        writer.submit(capture(1)),
        writer.submit(capture(2, url="http://a.test/\r\nx")),
        writer.submit(capture(3)),
    ]
    writer.close()
    assert futures[0].result().url != futures[2].result().url
    with pytest.raises(RecordError, match="nothing was written"):
        futures[1].result()
    assert_sound(tmp_path, index)


def test_after_closing(tmp_path: Path):
    writer = recorder(tmp_path, Index())
    writer.close()
    with pytest.raises(StorageError, match="closed"):
        writer.submit(capture(1)).result(1)
    assert files(tmp_path, "*") == []  # nothing to record: no file


def test_an_index_that_fails(tmp_path: Path):
    class Broken(Index):
        def commit(self, batch: Sequence[Recorded]) -> None:
            if self.commits:
                raise RuntimeError("database is locked")
            super().commit(batch)

    writer = recorder(tmp_path, Broken())
    assert writer.submit(capture(1)).result(10)
    for number in (2, 3):
        with pytest.raises(StorageError, match="database is locked"):
            writer.submit(capture(number)).result(10)
    writer.close()
    assert writer.sealed == []
    index = Index()
    (done,) = recover(tmp_path, index)
    assert (done.cut_bytes, done.captures) == (0, 2)
    assert_sound(tmp_path, index)


# -- disks ----------------------------------------------------------------------------------------------------------


def test_a_file_that_may_not_grow(tmp_path: Path):
    process = child(tmp_path, 60, 40_000)
    out, _ = process.communicate(timeout=60)
    lines = out.splitlines()
    stored = [line.split()[1] for line in lines if line.startswith("ok")]
    failed = [line for line in lines if line.startswith("failed")]
    assert len(stored) > 5
    assert len(stored) + len(failed) == 60
    assert lines[-1] == "closed"
    assert all(line.startswith("failed StorageError") for line in failed)
    assert "may not grow" in failed[0]
    assert ".warc.gz" in failed[0]
    (left,) = files(tmp_path, ".open")
    assert verify(left).damages == ()  # cut back to the last whole batch
    index = Index()
    (done,) = recover(tmp_path, index)
    assert done.cut_bytes == 0
    assert set(stored) == set(index.rows)
    assert_sound(tmp_path, index)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=False, capture_output=True
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("mounting a small file system takes root")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_full(small_disk: Path):
    process = child(small_disk, 400)
    out, _ = process.communicate(timeout=90)
    stored = [line.split()[1] for line in out.splitlines() if line.startswith("ok")]
    failed = [line for line in out.splitlines() if line.startswith("failed")]
    assert 20 < len(stored) < 400
    assert "No space left" in failed[0]
    assert "free space" in failed[0]
    assert "intact" in failed[0]
    (left,) = files(small_disk, ".open")
    assert verify(left).damages == ()
    index = Index()
    with pytest.raises(StorageError, match="free space"):
        recover(small_disk, index)  # no room for the CDXJ, which says so and harms nothing
    left = [*files(small_disk, ".open"), *files(small_disk, ".warc.gz")][0]
    assert verify(left).damages == ()
    subprocess.run(["mount", "-o", "remount,size=2m", small_disk], check=True)
    recover(small_disk, index)
    assert set(stored) <= set(index.rows)
    assert_sound(small_disk, index)


# -- death ----------------------------------------------------------------------------------------------------------


def test_kill_at_any_moment(tmp_path: Path):
    chance = random.Random(5)
    index = Index()
    told: list[str] = []
    for _ in range(6):
        process = child(tmp_path, 3000)
        assert process.stdout is not None
        wanted = chance.randrange(1, 40)
        lines = [process.stdout.readline() for _ in range(wanted)]
        time.sleep(chance.random() * 0.02)
        process.kill()
        rest, _ = process.communicate(timeout=30)
        whole = [*lines, *(line for line in rest.splitlines(keepends=True) if line.endswith("\n"))]
        told += [line.split()[1] for line in whole if line.startswith("ok")]
        recover(tmp_path, index)
        assert_sound(tmp_path, index)
        assert set(told) <= set(index.rows)
    assert len(told) > 50
    assert recover(tmp_path, index) == []


def test_a_living_recorder_is_left_alone(tmp_path: Path):
    index = Index()
    writer = recorder(tmp_path, index)
    writer.submit(capture(1)).result(10)
    assert recover(tmp_path, Index()) == []
    writer.submit(capture(2)).result(10)
    writer.close()
    assert_sound(tmp_path, index)


def test_every_cut_of_the_last_members(tmp_path: Path):
    small = [capture(number, response=response(b"<p>%d</p>" % number), found=None, tls=None) for number in range(4)]
    done, (sealed,), _ = record_all(tmp_path / "whole", small)
    data = sealed.read_bytes()
    ends = {event.locator.offset + event.locator.length: event for event in read(sealed) if isinstance(event, Record)}
    start = sorted(ends)[-3]  # before the last two members
    order = sorted(ends)
    for end in range(start, len(data)):
        archive = tmp_path / str(end)
        folder = archive / "warc/2022/09/10"
        folder.mkdir(parents=True)
        (folder / f"{sealed.name}.open").write_bytes(data[:end])
        index = Index()
        (recovered,) = recover(archive, index)
        kept = max(place for place in order if place <= end)
        assert (folder / sealed.name).read_bytes() == data[:kept]
        assert recovered.cut_bytes == end - kept
        if end > kept:
            assert recovered.cut_file is not None
            assert recovered.cut_file.read_bytes() == data[kept:end]
            assert recovered.cut_file.name == f"{sealed.name}.cut"
        else:
            assert recovered.cut_file is None
        assert_sound(archive, index)
        assert [row.locator.record_id for row in index.rows.values()] == [row.locator.record_id for row in done]
        assert recover(archive, index) == []


def test_a_recovered_row_is_the_one_that_was_recorded(tmp_path: Path):
    exchanges = [
        capture(1),
        capture(2, page(1)),
        capture(3, response=b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', url="https://news.test/page-1"),
        capture(4, response=b"", error="timeout"),
        capture(5, response=b"", request=b"", error="no such host"),
        capture(6, response=response(b"", status="500 Oops")),
        capture(7, response=b"garbage"),
        capture(8, response=response(b"x" * 500)[:-5], found=None),
    ]
    done, (sealed,), _ = record_all(tmp_path, exchanges)
    lines = sealed.with_name(sealed.name + ".cdxj").read_text("utf-8")
    sealed.with_name(sealed.name + ".cdxj").unlink()
    sealed.rename(sealed.with_name(sealed.name + ".open"))
    index = Index()
    (recovered,) = recover(tmp_path, index)
    assert list(index.rows.values()) == done
    assert recovered.captures == len(done)
    assert sealed.with_name(sealed.name + ".cdxj").read_text("utf-8") == lines


def test_a_death_between_sealing_and_the_cdxj(tmp_path: Path):
    _, (sealed,), index = record_all(tmp_path, [capture(1), capture(2)])
    sealed.with_name(sealed.name + ".cdxj").unlink()
    assert recover(tmp_path, index) == []
    assert_sound(tmp_path, index)


@pytest.mark.parametrize("left", [b"", b"\x1f", b"\x1f\x8b\x08\x00not gzip"])
def test_a_death_before_the_first_record(tmp_path: Path, left: bytes):
    folder = tmp_path / "warc/2022/09/10"
    folder.mkdir(parents=True)
    (folder / "a.warc.gz.open").write_bytes(left)
    (recovered,) = recover(tmp_path, Index())
    assert (recovered.records, recovered.cut_bytes) == (0, len(left))
    assert files(tmp_path, ".warc.gz") == files(tmp_path, ".open") == []
    assert (recovered.cut_file.read_bytes() if recovered.cut_file else b"") == left


def test_a_hole_before_sound_records_stays_and_is_told(tmp_path: Path):
    _, (sealed,), _ = record_all(tmp_path, [capture(1), capture(2), capture(3)])
    records = [event for event in read(sealed) if isinstance(event, Record)]
    data = bytearray(sealed.read_bytes())
    hole = records[4].locator
    data[hole.offset : hole.offset + hole.length] = bytes(hole.length)
    sealed.unlink()
    sealed.with_name(sealed.name + ".open").write_bytes(data)
    index = Index()
    (recovered,) = recover(tmp_path, index)
    assert recovered.cut_bytes == 0
    assert [(damage.kind, damage.offset, damage.length) for damage in recovered.damages] == [
        (DamageKind.NOT_GZIP, hole.offset, hole.length)
    ]
    assert len(index.rows) == 2
    assert [json.loads(line.split(" ", 2)[2])["url"] for line in cdxj.index(sealed)] == [
        "https://news.test/page-1",
        "https://news.test/page-3",
    ]
