"""The same bytes after kill -9 at any point, in any environment, and not one socket opened on the way."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.errors import ExitCode
from tests import reruns, warcs
from tests.reruns import contents, warc

CLOSING = "Follow the Kupiansk Daily every morning, wherever you are, and never miss a story."

#: Loaded by every Python process of a run, workers included. Dies by its own hand at a chosen change of the folder.
SITE = """
import os, signal, sys

def kill_at(number, out):
    changes = 0
    def hook(event, arguments):
        nonlocal changes
        if event in {"os.rename", "os.link", "os.remove"} or (event == "open" and arguments[1] not in {None, "r", "rb"}):
            if str(arguments[0]).startswith(out):
                changes += 1
                if changes == number:
                    os.kill(os.getpid(), signal.SIGKILL)
    return hook

def guard(log):
    with open(log, "a") as file:
        file.write(f"armed {os.getpid()}\\n")
    def hook(event, arguments):
        # urllib3, which tldextract brings along, looks at its import whether the machine has IPv6, and talks to nobody.
        probe = event == "socket.bind" and arguments[1] == ("::1", 0)
        if event in FORBIDDEN and not probe:
            with open(log, "a") as file:
                file.write(f"{event} {arguments[1:]}\\n")
            os._exit(99)
    return hook

FORBIDDEN = {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr",
             "socket.sendto", "socket.sendmsg", "urllib.Request"}
if "KILL_AT" in os.environ and "rerun" in sys.orig_argv:
    sys.addaudithook(kill_at(int(os.environ["KILL_AT"]), os.environ["KILL_IN"]))
if "GUARD_LOG" in os.environ:
    sys.addaudithook(guard(os.environ["GUARD_LOG"]))
"""


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hooks")
    (folder / "sitecustomize.py").write_text(SITE)
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three WARCs of one outlet: what it repeats, and the payload of a revisit, show only over all of them."""
    folder = tmp_path_factory.mktemp("in")
    found = [
        warc(folder / f"{name}.warc.gz", numbers, closing=CLOSING)
        for name, numbers in (("a", range(1, 6)), ("b", range(6, 9)), ("c", range(9, 12)))
    ]
    revisit = warcs.record(
        50,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        WARC_Type="revisit",
        WARC_Refers_To=f"<{warcs.record_id(10)}>",
        WARC_Payload_Digest="sha1:" + "B" * 32,
    )
    with found[0].open("ab") as file:
        file.write(warcs.member(revisit))
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, files: list[Path]) -> Path:
    out = tmp_path_factory.mktemp("run") / "out"
    result = reruns.rerun(out, *files, "--jobs", "1")
    assert result.returncode == ExitCode.OK, result.stderr
    assert reruns.facts(result)["outcomes"] == {"article": 11, "duplicate": 1}
    return out


def test_the_same_bytes_elsewhere_and_no_socket(
    tmp_path: Path, files: list[Path], undisturbed: Path, hooks: Path
) -> None:
    moved = [Path(shutil.copy(file, tmp_path / file.name)) for file in files]
    log = tmp_path / "guard.log"
    env = {
        "PYTHONPATH": str(hooks),
        "GUARD_LOG": str(log),
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Tokyo",
        "LC_ALL": "C",
        "LANG": "C",
    }
    result = reruns.rerun(tmp_path / "out", moved[2], moved[0], moved[1], "--jobs", "2", env=env)
    lines = log.read_text().splitlines()
    assert result.returncode == ExitCode.OK, (result.stderr, lines)
    assert contents(tmp_path / "out") == contents(undisturbed)
    assert len({line for line in lines if line.startswith("armed ")}) == len(lines) == 3  # coordinator and two workers


def test_the_guard_sees_a_socket(tmp_path: Path, hooks: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(hooks), "GUARD_LOG": str(tmp_path / "log")}
    code = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    assert subprocess.run([sys.executable, "-c", code], env=env, check=False).returncode == 99


def test_kill_at_any_point_and_go_on(tmp_path: Path, files: list[Path], undisturbed: Path, hooks: Path) -> None:
    out = tmp_path / "out"
    chance = random.Random(os.environ.get("KILL_SEED", "1"))
    killed = 0
    assert reruns.rerun(out, files[0]).returncode == ExitCode.OK  # a part that is sealed once more later
    for points in ((6, 16), (2, 12), (12, 24), (2, 16), (12, 30)):
        before = {path: path.stat().st_mtime_ns for path in read(out)}
        env = {"PYTHONPATH": str(hooks), "KILL_AT": str(chance.randint(*points)), "KILL_IN": str(out)}
        result = reruns.rerun(out, *files, "--jobs", "1", env=env)
        assert result.returncode in {-signal.SIGKILL, ExitCode.OK}, result.stderr
        killed += result.returncode != ExitCode.OK
        assert {path: path.stat().st_mtime_ns for path in before} == before  # what was read is not read again
    assert killed >= 3
    assert reruns.rerun(out, *files, "--jobs", "2").returncode == ExitCode.OK
    assert contents(out) == contents(undisturbed)


def read(out: Path) -> list[Path]:
    """The lines of parts that were derived to their end."""
    return [path.with_suffix(".jsonl.gz") for path in (out / "known").glob("[!.]*.json")]


def test_kill_in_the_middle_of_a_page(tmp_path: Path, files: list[Path], undisturbed: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(
        reruns.command(out, *files, "--jobs", "2"),
        cwd=reruns.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 60
        while not list((out / "known").glob(".*.part")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(random.uniform(0.0, 4.0))
        process.kill()
    assert reruns.rerun(out, *files).returncode == ExitCode.OK
    assert contents(out) == contents(undisturbed)


def test_interrupted_it_says_so_and_goes_on(tmp_path: Path, files: list[Path], undisturbed: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(
        reruns.command(out, *files, "--jobs", "1"), cwd=reruns.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        while not (out / "run.json").is_file():
            assert process.poll() is None
            time.sleep(0.01)
        process.terminate()
        _, said = process.communicate(timeout=30)
        assert process.returncode == ExitCode.INTERRUPTED, said
    assert b"Traceback" not in said
    assert not list(out.rglob("*.part"))
    assert reruns.rerun(out, *files).returncode == ExitCode.OK
    assert contents(out) == contents(undisturbed)
