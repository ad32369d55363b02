"""Helpers of the re-run's tests: runs in a process of their own, what a folder holds, and small WARCs."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests import warcs

ROOT = Path(__file__).parents[1]
PRIVATE = {".digests.json", ".lock"}  # of this machine


def rerun(out: Path, *arguments: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`warchronicle rerun`, as a user would run it; `.facts` of its answer are `facts(result)`."""
    return subprocess.run(
        command(out, *arguments),
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def command(out: Path, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "pipelines", "rerun", "--json", "--out", str(out), *map(str, arguments)]


def facts(result: subprocess.CompletedProcess[str]) -> dict:
    assert result.stdout, result.stderr[-3000:]
    return json.loads(result.stdout)


def contents(out: Path) -> dict[str, str]:
    """Digests of all files of a run that are the same everywhere, by path."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in PRIVATE
    }


def warc(path: Path, pages: Iterable[int], *, host: str = "news.test", closing: str = "") -> Path:
    """A WARC of article pages by number, each its own; `closing` is a paragraph that stands below all of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(warcs.member(page(number, host=host, closing=closing)) for number in pages))
    return path


def page(number: int, *, host: str = "news.test", closing: str = "", **fields: str) -> bytes:
    """A response record with an article that has no sentence in common with those of other numbers."""
    chance = random.Random(number)
    sentences = [" ".join(chance.sample(WORDS, 18)).capitalize() + "." for _ in range(5)]
    paragraphs = "".join(f"<p>{sentence}</p>" for sentence in [*sentences, closing] if sentence)
    title = " ".join(chance.sample(WORDS, 5)).capitalize()
    body = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta property="article:published_time" content="2022-08-{number % 28 + 1:02}T06:00:00+03:00"></head>'
        f"<body><main><article><h1>{title}</h1>{paragraphs}</article></main></body></html>"
    )
    stated = {"WARC_Target_URI": f"https://{host}/2022/09/story-{number}", **fields}
    return warcs.record(number, warcs.response(body.encode()), **stated)


WORDS = (  # noqa: SIM905 - to be read
    "the a of in and to for was were had has said with from by after before under over on at this that their his its "
    "station railway bridge river village town army soldiers mayor council water power school bread market winter "
    "summer morning evening night road field forest harvest house window door street teacher doctor nurse driver train "
    "bus truck letter newspaper radio family children neighbour farmer engineer repaired rebuilt opened closed left "
    "returned waited carried brought found lost counted measured painted planted watched heard reported promised"
).split()
