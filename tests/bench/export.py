"""Speed and memory of `warchronicle export` over synthetic rows of 13 KB.

    python tests/bench/export.py [ROWS]

Each format writes a quarter of ROWS, then all of them, in a process of its own, whose resident memory is looked at
20 times a second. The last line is JSON: for each format `<format>_rows_per_second`, `<format>_peak_mb` of the whole, and
`<format>_growth`: that peak over the peak of the quarter, 1.0 where memory is flat.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests import synthetic  # noqa: E402

DISTINCT = 2000  # rows that are made; the file repeats them under other ids
FORMATS = ("jsonl", "csv", "parquet", "text")


def write_rows(path: Path, count: int) -> None:
    lines = [synthetic.line(number) for number in range(min(count, DISTINCT))]
    with path.open("wb") as file:
        for number in range(count):
            file.write(
                b'{"id":"%016x"' % number + lines[number % len(lines)][len('{"id":"0123456789abcdef"') :] + b"\n"
            )


def export(source: Path, kind: str, folder: Path) -> tuple[float, float, int]:
    """Seconds, peak resident MB and rows of one export."""
    target = folder / f"out.{kind}"
    command = [sys.executable, "-m", "pipelines", "export", str(source), "--format", kind, "-o", str(target), "--json"]
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    watched = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.05)
    _, err = process.communicate()
    seconds = time.perf_counter() - begin
    assert process.returncode == 0, err
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    return seconds, peak / 1e6, json.loads(err)["rows"]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    ratios: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        quarter, whole = folder / "quarter.jsonl", folder / "whole.jsonl"
        write_rows(quarter, count // 4)
        write_rows(whole, count)
        print(f"{'format':8} {'rows':>9} {'rows/s':>8} {'peak MB':>8} {'of a quarter':>13}")
        for kind in FORMATS:
            _, small, _ = export(quarter, kind, folder)
            seconds, peak, rows = export(whole, kind, folder)
            print(f"{kind:8} {rows:9,} {count / seconds:8,.0f} {peak:8.0f} {small:13.0f}", flush=True)
            ratios |= {
                f"{kind}_rows_per_second": round(count / seconds),
                f"{kind}_peak_mb": round(peak),
                f"{kind}_growth": round(peak / small, 2),
            }
    print(json.dumps(ratios))


if __name__ == "__main__":
    main()
