"""The house's rules of import hold, and the tool that enforces them does catch a breach."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [lint_imports, "--no-cache"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("crawler", "pipelines"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_all_contracts_hold(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.parametrize(
    ("module", "planted", "contract"),
    [
        ("pipelines/derive.py", "import crawler.addon", "Archives outlive crawlers"),
        ("pipelines/warc/reader.py", "import pipelines.store.catalog", "no wing knows another"),
        ("pipelines/urls.py", "import pipelines.config", "imports point one way"),
        ("pipelines/model.py", "import orjson", "standard library only"),
        ("pipelines/store/catalog.py", "import fastwarc", "One door for WARC libraries"),
        ("crawler/spiders/news.py", "import lxml", "One door for extraction libraries"),
        ("pipelines/keep.py", "import sqlalchemy", "One door for the database"),
        ("pipelines/export/columns.py", "import pyarrow", "One door for Parquet"),
        ("pipelines/rows.py", "import pipelines.export.columns", "imports point one way"),
        ("pipelines/rerun/run.py", "import boto3", "One door for S3"),
        ("pipelines/workers.py", "import scrapy", "runs without Scrapy"),
        ("crawler/discovery/feeds.py", "import scrapy", "Discovery is pure"),
    ],
)
def test_a_planted_import_is_caught(copy: Path, module: str, planted: str, contract: str) -> None:
    target = copy / module
    target.write_text(target.read_text("utf-8") + f"\n{planted}\n", "utf-8")
    result = lint(copy)
    assert result.returncode != 0
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert any(contract in line for line in broken), broken


def test_the_archive_side_runs_without_scrapy() -> None:
    code = (
        "import sys, pipelines.__main__, pipelines.session, pipelines.workers\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'scrapy', 'twisted', 'crawler'}])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_top_level_is_what_the_design_says() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    folders = {line.split("/")[0] for line in tracked.stdout.splitlines() if "/" in line}
    assert folders == {"crawler", "pipelines", "tests", "config", "docs", ".ci"}
