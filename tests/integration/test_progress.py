"""The progress line on a terminal that stays, on one that goes away, and where there is none."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
import time

from tests.integration.loopback import ROOT, Hit, Reply, Site, ask, config, crawl, job


def on_terminal(text: str, read_seconds: float = 60) -> tuple[int, dict[str, object], str]:
    """Run the child with a terminal as stderr, which is hung up after `read_seconds`: exit code, result, what was shown."""
    master, slave = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.polite_child"],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=slave, text=True,
    )  # fmt: skip
    os.close(slave)
    shown = bytearray()

    def read() -> None:
        until = time.monotonic() + read_seconds
        while time.monotonic() < until:
            try:
                shown.extend(os.read(master, 65536))
            except OSError:
                break
        os.close(master)

    reader = threading.Thread(target=read)
    reader.start()
    out, _ = process.communicate(text, timeout=60)
    reader.join()
    return process.returncode, json.loads(out), shown.decode("utf-8", "replace")


def slowly(hit: Hit) -> Reply:
    time.sleep(0.15)
    return Reply()


def test_a_terminal_gets_a_live_line_and_whole_log_lines_above_it():
    with (
        Site("127.0.0.101", {"*": slowly, "/robots.txt": Reply(500, b"")}) as broken,
        Site("127.0.0.102", {"*": slowly}) as site,
    ):
        wishes = [ask(site.url(f"/{n}")) for n in range(12)] + [ask(broken.url("/"))]
        code, result, shown = on_terminal(job(wishes, config()))
    assert code == 0
    assert result["reason"] == "finished"
    assert re.search(r"[1-9]\d* captured · 0 kept", shown)
    assert "\x1b[?25h" in shown, "the cursor is shown again"
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "\n")
    warning = next(line for line in plain.splitlines() if "robots.txt unreachable" in line)
    assert re.match(r"\s*20\d\d-\d\d-\d\d .*WARNING: 127\.0\.0\.101", warning)


def test_a_terminal_that_hangs_up_does_not_end_the_crawl():
    with Site("127.0.0.103", {"*": slowly}) as site:
        code, result, _ = on_terminal(job([ask(site.url(f"/{n}")) for n in range(20)], config()), read_seconds=2.5)
    assert result["reason"] == "finished"
    assert len(result["results"]) == 20
    assert code == 0


def test_without_a_terminal_there_is_one_line_and_no_control_character():
    with Site("127.0.0.104") as site:
        done = crawl([ask(site.url("/"))], config())
    assert len(re.findall(r"INFO: 2 captured · 0 kept · 0 waiting · \d+\.\d/s", done.log)) == 1
    assert "\x1b" not in done.log
