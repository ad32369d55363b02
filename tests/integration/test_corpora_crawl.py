"""Every page of the labelled corpora, each publisher on a host of its own, crawled through feeds and sitemaps.

What must hold on real pages: no page is lost, every payload is the file that was served, other people's checkers are
content, and the crawl's text is what `warchronicle extract` makes of the same file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import ExitCode
from pipelines.message import entity, parse_head
from pipelines.model import Damage
from pipelines.store.catalog import Catalog
from pipelines.warc import reader
from pipelines.warc.verify import verify
from tests.site.corpora import CorporaSite

ROOT = Path(__file__).parents[2]
CORPORA = ROOT.parent / "shared" / "corpora"

EVERY = int(os.environ.get("CORPORA_EVERY", "5"))  # n-th publisher; 1 for all 1,918 pages, ten minutes

pytestmark = [pytest.mark.corpora, pytest.mark.slow, pytest.mark.timeout(1500)]


def run(*command: str, config: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **({"WARCHRONICLE_CONFIG": str(config)} if config else {})}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


@pytest.mark.skipif(not CORPORA.exists(), reason="needs ../shared/corpora")
def test_the_corpora_are_crawled_whole_and_byte_exact(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with CorporaSite(CORPORA, every=EVERY) as site:
        files = dict(site.files())
        config = site.write_config(tmp_path / "config", archive)
        result = run("scrapy", "crawl", "news", config=config)
        assert result.returncode == ExitCode.OK, result.stderr[-3000:].decode()
    warcs = sorted(archive.glob("warc/**/*.warc.gz"))
    assert warcs
    assert not list(archive.glob("warc/**/*.open"))

    _payloads_are_the_files(warcs, {url: served.entity for url, served in files.items()})
    for warc in warcs:
        assert verify(warc).sound
    checked = run("warcio.cli", "check", *map(str, warcs))
    assert checked.returncode == 0, checked.stdout[-2000:].decode()
    assert run("pipelines", "verify", str(archive)).returncode == ExitCode.OK

    (tmp_path / "html").mkdir()
    with (tmp_path / "manifest.jsonl").open("w") as manifest:
        for number, (url, served) in enumerate(files.items()):
            path = tmp_path / "html" / f"{number}.html"
            path.write_bytes(served.html)
            manifest.write(json.dumps({"id": str(number), "path": str(path), "url": url}) + "\n")
    extracted = run(
        "pipelines", "extract", "--repeats", "--manifest", str(tmp_path / "manifest.jsonl"), "-o", str(tmp_path / "out")
    )
    assert extracted.returncode == ExitCode.OK, extracted.stderr[-2000:].decode()
    plain = {row["url"]: row for row in map(json.loads, (tmp_path / "out").read_text("utf-8").splitlines())}
    _texts_are_equal(archive, plain, len(files))


def _payloads_are_the_files(warcs: list[Path], served: dict[str, bytes]) -> None:
    """Each page stands in a response record with exactly its bytes, or in a revisit of one that has them."""
    payloads: dict[str, bytes] = {}
    revisits: list[tuple[str, str]] = []
    urls: dict[str, str] = {}
    for warc in warcs:
        for record in reader.read(warc):
            assert not isinstance(record, Damage), record
            if record.url not in served or record.type not in ("response", "revisit"):
                continue
            assert record.url not in urls, f"{record.url} was captured twice"
            urls[record.url] = record.locator.record_id
            if record.type == "revisit":
                revisits.append((record.url, record.field("WARC-Refers-To").strip("<>")))
                continue
            head = parse_head(record.block)
            assert head is not None
            body, whole = entity(record.block, head)
            assert whole
            assert body == served[record.url], record.url
            payloads[record.locator.record_id] = body
    for url, original in revisits:
        assert payloads[original] == served[url], url
    assert set(urls) == set(served)


def _texts_are_equal(archive: Path, plain: dict[str, dict[str, object]], pages: int) -> None:
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    try:
        rows = [json.loads(row) for row in catalog.rows()]
    finally:
        catalog.close()
    live = {row["url"]: row for row in rows if row["url"] in plain and row["outcome"] != "duplicate"}
    copies = sum(row["outcome"] == "duplicate" for row in rows)
    assert len(live) + copies == pages
    differing = [
        url for url, row in live.items() if (row["text"], row["outcome"]) != (plain[url]["text"], plain[url]["outcome"])
    ]
    assert differing == []
