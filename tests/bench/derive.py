"""Speed of derivation for one page on one core, against trafilatura alone on the same pages in the same run.

    python tests/bench/derive.py [PAGES]

Pages are those of ../shared/corpora (fundus) if it is there, else of the sample texts. The last line is JSON:
`derive_vs_trafilatura` is pages/s of `derive_html` over pages/s of `bare_extraction(with_metadata=True)`;
`parent_ms_per_page` is what a page costs the process that has the workers.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from trafilatura import bare_extraction  # noqa: E402

from pipelines import rows  # noqa: E402
from pipelines.derive import DeriveSettings, derive_html, processing  # noqa: E402
from pipelines.workers import DerivePool  # noqa: E402
from tests.unit.extract.samples import TEXTS, article  # noqa: E402

CORPORA = ROOT / "../shared/corpora"
ROUNDS = 3


def pages(count: int) -> list[tuple[str, bytes]]:
    truth = CORPORA / "truth.jsonl"
    if not truth.exists():
        filler = "<div class='teaser'><a href='/x'>Another story of the day, with a longer headline</a></div>" * 800
        made = [article(code, bottom=filler).encode() for code in TEXTS]
        return [("https://news.example.org/2022/09/10/a", made[number % len(made)]) for number in range(count)]
    with truth.open(encoding="utf-8") as lines:
        records = [record for line in lines if (record := json.loads(line))["corpus"] == "fundus"]
    step = max(1, len(records) // count)
    return [
        (record["url"] or "", gzip.decompress((CORPORA / record["file"]).read_bytes())) for record in records[::step]
    ]


def milliseconds(work: Callable[[str, bytes], object], url: str, body: bytes) -> float:
    begin = time.process_time()
    work(url, body)
    return (time.process_time() - begin) * 1000


def main() -> None:
    sample = pages(int(sys.argv[1]) if len(sys.argv) > 1 else 65)
    settings, facts = DeriveSettings(), processing("bench")

    def ours(url: str, body: bytes) -> object:
        return derive_html(body, id="x", url=url, settings=settings)

    def row(url: str, body: bytes) -> object:
        return rows.dumps(rows.row(derive_html(body, id="x", url=url, settings=settings), facts))

    def theirs(url: str, body: bytes) -> object:
        return bare_extraction(body, url=url or None, with_metadata=True)

    def theirs_without_comments(url: str, body: bytes) -> object:
        return bare_extraction(body, url=url or None, with_metadata=True, include_comments=False)

    def text_only(url: str, body: bytes) -> object:
        return bare_extraction(body, url=url or None, include_comments=False)

    variants = {
        "trafilatura, with metadata": theirs,
        "trafilatura, with metadata, no comments": theirs_without_comments,
        "trafilatura, text only, no comments": text_only,
        "derive": ours,
        "derive + JSON row": row,
    }
    for work in variants.values():  # tables and models are loaded once, not per page
        work(*sample[0])
    spent: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        totals = dict.fromkeys(variants, 0.0)
        for url, body in sample:  # interleaved: another process on the machine slows all of them alike
            for name, work in variants.items():
                totals[name] += milliseconds(work, url, body)
        for name, total in totals.items():
            spent[name].append(total / len(sample))
    best = {name: min(values) for name, values in spent.items()}
    size = statistics.mean(len(body) for _, body in sample) / 1000
    print(f"{len(sample)} pages of {size:.0f} kB on average, CPU time a page, best of {ROUNDS} rounds")
    for name, value in best.items():
        print(f"{name:42} {value:7.1f} ms {1000 / value:7.1f} pages/s {best['derive'] / value:6.2f}")
    parent = parent_cost(sample)
    print(f"{'cost of a page in the process with the pool':42} {parent:7.2f} ms")
    ratio = best["trafilatura, with metadata"] / best["derive"]
    print(json.dumps({"derive_vs_trafilatura": round(ratio, 3), "parent_ms_per_page": round(parent, 3)}))


def parent_cost(sample: list[tuple[str, bytes]]) -> float:
    """CPU milliseconds that a page costs the parent: handing it over, taking its row and its derived value."""
    with DerivePool(2, 60, 2**30, DeriveSettings(), Path(), processing("bench")) as pool:
        pool.submit_html(sample[0][1], id="x", url="").result()
        begin = time.process_time()
        for future in [pool.submit_html(body, id=str(number), url=url) for number, (url, body) in enumerate(sample)]:
            future.result()
        return (time.process_time() - begin) * 1000 / len(sample)


if __name__ == "__main__":
    main()
