"""The site as a process: it says when its port is taken, and ends with SIGTERM or with the process that holds its stdin."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import orjson

from tests.site.outlets import OUTLETS
from tests.unit.site.asking import ask

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "tests.site", "--port"]


def started(child: subprocess.Popen[str]) -> int:
    """The port, once the site says that it is ready."""
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(len(OUTLETS) + 1)]
    assert lines[-1].startswith("ready:")
    return int(lines[0].split("/")[2].split(":")[1])


def test_serves_until_sigterm_and_writes_its_log(tmp_path):
    log = tmp_path / "log.jsonl"
    command = [*COMMAND, "0", "--visit", "2", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        port = started(child)
        assert ask("127.0.0.17", port, "/").status == 200
        taken = subprocess.run([*COMMAND, str(port)], capture_output=True, text=True, cwd=ROOT, check=False)
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
    assert taken.returncode == 5
    assert f"port {port}" in taken.stderr
    assert "Traceback" not in taken.stderr
    hits = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    assert [(hit["host"], hit["path"]) for hit in hits] == [("127.0.0.17", "/")]


def test_ends_with_its_stdin():
    command = [*COMMAND, "0", "--until-eof"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        port = started(child)
        assert ask("127.0.0.11", port, "/").status == 200
        assert child.poll() is None
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(10) == 0
