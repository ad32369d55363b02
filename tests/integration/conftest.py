"""One crawl of the sample site for all tests that only read its archive."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.site.configs import write_config
from tests.site.sample import SINCE, UNTIL, SampleSite

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Crawled:
    archive: Path
    config: Path
    site: SampleSite
    code: int
    log: str


def crawl(config: Path, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """`scrapy crawl news` over the sample site's days, as a user would run it."""
    return subprocess.run(
        [sys.executable, "-m", "scrapy", "crawl", "news", "-a", f"since={SINCE}", "-a", f"until={UNTIL}", *arguments],
        cwd=ROOT,
        env={**os.environ, "WARCHRONICLE_CONFIG": str(config)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("crawled")
    with SampleSite() as site:
        config = write_config(folder / "config", site.port, folder / "archive")
        result = crawl(config)
        yield Crawled(folder / "archive", config, site, result.returncode, result.stderr)
