"""The archive's lock, held and lost by real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from crawler.lock import archive_lock
from pipelines.errors import BusyError, ExitCode, StorageError

ROOT = Path(__file__).parents[2]


def holder(archive: Path, inside: str = "sys.stdin.read()") -> subprocess.Popen[str]:
    """A process that holds the lock and runs `inside`; it has said so on stdout when this returns."""
    code = textwrap.dedent(f"""
        import os, subprocess, sys, time
        from pathlib import Path
        from crawler.lock import archive_lock
        with archive_lock(Path(sys.argv[1]), "test"):
            print("held", flush=True)
            {inside}
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(archive)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=20)


def test_a_second_process_is_told_who_holds_it(tmp_path):
    process = holder(tmp_path)
    try:
        held = rf"test, process {process.pid}, since 20\d\d-"
        with pytest.raises(BusyError, match=held) as caught, archive_lock(tmp_path):
            pass
        assert caught.value.exit_code is ExitCode.BUSY
    finally:
        end(process)
    with archive_lock(tmp_path):
        pass


def test_kill_9_leaves_nothing_that_locks(tmp_path):
    process = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    end(process)
    assert (tmp_path / ".lock").read_text() != "", "the file is still there, with a number that is nobody's"
    with archive_lock(tmp_path):
        pass


def test_a_process_id_that_somebody_else_got_since_locks_nobody_out(tmp_path):
    (tmp_path / ".lock").write_text(f'{{"pid": {os.getppid()}, "started": "x", "purpose": "crawl"}}')
    with archive_lock(tmp_path):
        pass


@pytest.mark.parametrize(
    "child",
    [
        "os.fork() or (os.close(1), time.sleep(30), os._exit(0))",
        "subprocess.Popen(['sleep', '30'], stdout=subprocess.DEVNULL, close_fds=False).pid",
    ],
    ids=["forked", "started"],
)
def test_children_do_not_inherit_it(tmp_path, child):
    process = holder(tmp_path, f"print({child}, flush=True); sys.stdin.read()")
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    try:
        os.kill(pid, 0)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        until = time.monotonic() + 10
        while not is_free(tmp_path):  # a forked child lets go in its first moment, which may not have come yet
            assert time.monotonic() < until
            time.sleep(0.02)
        os.kill(pid, 0)  # it is alive, and holds nothing
    finally:
        os.kill(pid, signal.SIGKILL)
        end(process)


def is_free(archive: Path) -> bool:
    try:
        with archive_lock(archive):
            return True
    except BusyError:
        return False


def test_the_lock_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), archive_lock(tmp_path):
        _ = 1 / 0
    with archive_lock(tmp_path):
        pass


def test_an_archive_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="is the archive writable"), archive_lock(tmp_path / "file" / "archive"):
        pass
