"""A small archive, made by the parts that make real ones: recorder, derivation, keeper, catalog."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pipelines import derive
from pipelines.keep import Keeper
from pipelines.model import Found, Outcome, Route
from pipelines.store.catalog import Catalog
from pipelines.warc.reader import read_at
from pipelines.warc.recorder import Recorder
from tests import warcs

TITLE = "Kupiansk station reopens"
SENTENCES = (
    "The first train in six months left the station of Kupiansk on Saturday morning with two carriages.",
    "Railway workers had repaired four hundred metres of track after the town was retaken in September.",
    "Passengers carried candles, bread and letters for relatives whom they had not seen since the spring.",
    "The next train is to leave on Tuesday, the station master said, if the bridge at Zaoskillia holds.",
)


def html(number: int, title: str = TITLE) -> bytes:
    """An article page that extraction takes for one."""
    paragraphs = "".join(f"<p>{sentence} ({number})</p>" for sentence in SENTENCES)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} {number}</title>'
        f'<meta property="article:published_time" content="2022-09-10T0{number % 10}:00:00+03:00"></head>'
        f"<body><main><article><h1>{title} {number}</h1>{paragraphs}</article></main></body></html>"
    ).encode()


def exchanges() -> list[dict[str, object]]:
    """Three articles, one of them twice, a page without text, a 404 and a 503."""
    return [
        {"body": html(0)},
        {"body": html(1, '=HYPERLINK("http://x")')},
        {"body": html(2)},
        {"body": html(2)},
        {"body": b"<!DOCTYPE html><title>Video</title><p>Watch.</p>"},
        {"response": warcs.response(b"gone", status="404 Not Found")},
        {"response": warcs.response(b"busy", status="503 Service Unavailable")},
    ]


def record(archive: Path, catalog: Catalog, run: str = "run-1") -> list[Found]:
    """Capture the exchanges into an archive; returns what discovery said."""
    archive.mkdir(parents=True, exist_ok=True)
    founds = []
    recorder = Recorder(
        archive, catalog, info={"operator": "tests"}, run=run, roll_bytes=10**9, roll_seconds=10**6, fsync=False
    )
    for number, changes in enumerate(exchanges()):
        found = Found(f"https://news.test/page-{number}", Route.FEED, source="news")
        catalog.found([found], warcs.START)
        recorder.submit(warcs.capture(number, found=found, **changes)).result(timeout=30)
        founds.append(found)
    recorder.close()
    return founds


def make(archive: Path, run: str = "run-1", *, close: bool = True) -> Path:
    """A whole archive of one run; with `close` False, as a killed run leaves it."""
    archive.mkdir(parents=True, exist_ok=True)
    catalog = Catalog(archive / "catalog.sqlite")
    catalog.run_started(run, warcs.START, spider="news", config_digest="sha256:0")
    record(archive, catalog, run)
    keeper = Keeper(archive, catalog, derive.processing(run), run)
    for item in list(catalog.underived()):
        derived = derive.derive(read_at(archive, item.locator), item.found, derive.DeriveSettings())
        keeper.keep(derived, None, item.found)
    catalog.settle("https://news.test/page-6", Outcome.HTTP_5XX, "busy", warcs.START + timedelta(hours=1))
    catalog.settle("https://news.test/private", Outcome.ROBOTS_DISALLOWED, "by robots.txt")
    if close:
        catalog.run_ended(run, warcs.START + timedelta(minutes=5))
        keeper.close()
    catalog.close()
    return archive
