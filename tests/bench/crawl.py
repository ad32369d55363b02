"""Crawl speed on loopback, side by side in one run: stock Scrapy, stock Scrapy with trafilatura in its pipeline, this project.

    python tests/bench/crawl.py [--pages 1500] [--repeats 3] [--memory 20000]

The last line is JSON: `capture_vs_stock` (capture and WARC writing, nothing derived, against stock Scrapy without
pipelines) and `whole_vs_inprocess` (until the last row is kept, against stock Scrapy with trafilatura in its item pipeline).
Rates are pages a second between the engine's start and its stop; medians of interleaved repeats.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.pages import pages  # noqa: E402

MODES = ("stock", "inprocess", "capture", "whole")
CONFIG = """
[fetch]
concurrent = 16
per_host = 16
delay_seconds = 0.0
autothrottle = false
host_budget = 1000000
allow_networks = ["127.0.0.0/8"]
[archive]
free_disk_floor = 0
[derive]
live = {live}
"""


def run(mode: str, port: int, count: int, folder: Path) -> dict[str, float]:
    """One crawl in a fresh process; pages, seconds, peak memory of the crawler process in MB."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    (config / "crawl.toml").write_text(CONFIG.format(live="false" if mode == "capture" else "true"))
    (folder / "list.txt").write_text("".join(f"http://127.0.0.1:{port}/p/{number}\n" for number in range(count)))
    shutil.rmtree(folder / "archive", ignore_errors=True)
    result = subprocess.run(
        [sys.executable, str(ROOT / "tests/bench/crawl_child.py"), mode, str(folder), str(port), str(count)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(result.stderr[-3000:])
    facts: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    if facts["pages"] != count:
        sys.exit(f"{mode}: {facts['pages']} of {count} pages came through\n{result.stderr[-3000:]}")
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1500)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--memory", type=int, default=0, help="also crawl this many pages (capture) and print memory at each tenth"
    )
    options = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.pages"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout
    assert server.stdin
    port = int(server.stdout.readline())
    rates: dict[str, list[float]] = {mode: [] for mode in MODES}
    memory: dict[str, float] = {}
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for _ in range(options.repeats):
                for mode in MODES:
                    count = options.pages if mode in ("stock", "capture") else options.pages // 3
                    facts = run(mode, port, count, folder)
                    rates[mode].append(facts["pages"] / facts["seconds"])
                    memory[mode] = max(memory.get(mode, 0), facts["peak_mb"])
            print(f"{pages(1)[1]}; medians of {options.repeats} interleaved repeats\n")
            print(f"{'':12}{'pages/s':>10}{'peak MB':>10}")
            for mode in MODES:
                print(f"{mode:12}{statistics.median(rates[mode]):>10.0f}{memory[mode]:>10.0f}")
            if options.memory:
                facts = run("capture", port, options.memory, folder)
                print(f"\n{options.memory} pages, MB at each tenth: {facts['samples_mb']}")
    finally:
        server.stdin.close()
        server.wait(10)
    middle = {mode: statistics.median(rates[mode]) for mode in MODES}
    ratios = {
        "capture_vs_stock": round(middle["capture"] / middle["stock"], 3),
        "whole_vs_inprocess": round(middle["whole"] / middle["inprocess"], 3),
    }
    print(json.dumps(ratios))


if __name__ == "__main__":
    main()
