"""`warchronicle export`: the rows of an archive as JSON Lines or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import click
import orjson

from pipelines.cli.archive import open_catalog
from pipelines.cli.console import output, say
from pipelines.errors import InputError
from pipelines.model import Outcome

_FLAT = ("id", "url", "canonical_url", "title", "authors", "agency", "published", "modified", "language")
_PROVENANCE = ("warc", "offset", "length", "record_id", "payload_digest", "captured_at")
COLUMNS = (*_FLAT, "categories", "outcome", "text", *_PROVENANCE, "run")

#: A cell that starts so is a formula to a spreadsheet; the full-width forms too, to some.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _format(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value in ("parquet", "geojson"):
        raise click.BadParameter(f"{value} comes with a later version; jsonl and csv are here")
    if value not in ("jsonl", "csv"):
        raise click.BadParameter(f"no format {value!r}; known: jsonl, csv")
    return value


@click.command
@click.argument("archive", metavar="DIR")
@click.option("--format", "kind", metavar="jsonl|csv", required=True, callback=_format, help="What to write.")
@click.option("-o", "--output", "target", metavar="FILE", default="", help="Write to FILE, whole or not at all.")
@click.option(
    "--outcome",
    metavar="NAME",
    default=Outcome.ARTICLE.value,
    show_default=True,
    help='Rows that ended so; "all": all.',
)
@click.option("--run", metavar="ID", default=None, help="Only rows that this run made; `status` lists runs.")
def command(archive: str, kind: str, target: str, outcome: str, run: str | None) -> None:
    """Write the rows of an archive's catalog, by capture time.

    jsonl is the rows as they are. csv has one line an article, lists joined by "; "; cells that a spreadsheet would
    take for a formula (= + - @) start with an apostrophe there.

    \b
      warchronicle export archive/ --format csv -o articles.csv
      warchronicle export archive/ --format jsonl --outcome all | jq -r .outcome | sort | uniq -c
    """  # noqa: D301 - to click, \b is the character: leave the lines as they are
    wanted = None if outcome == "all" else _outcome(outcome)
    count = 0
    with open_catalog(archive) as catalog:
        if run is not None and catalog.run_of(run) is None:
            raise InputError(f"{archive}: no run {run!r}; `warchronicle status {archive}` names the last ones")
        with output(target) as file:
            for line in _lines(catalog.rows(run, wanted), kind):
                file.write(line)
                count += 1
    say(f"{count - (kind == 'csv'):,} rows" + (f" -> {target}" if target else ""))


def _outcome(name: str) -> Outcome:
    try:
        return Outcome(name)
    except ValueError:
        known = ", ".join(outcome.value for outcome in Outcome)
        raise click.BadParameter(f"no outcome {name!r}; known: all, {known}", param_hint="--outcome") from None


def _lines(rows: Iterable[bytes], kind: str) -> Iterator[bytes]:
    if kind == "jsonl":
        yield from (row.rstrip(b"\n") + b"\n" for row in rows)
        return
    yield _csv(COLUMNS)
    for row in rows:
        yield _csv(cells(orjson.loads(row)))


def cells(row: dict[str, Any]) -> list[str]:
    """A row's cells in the order of `COLUMNS`, each safe to open in a spreadsheet."""
    flat = {**(row.get("provenance") or {}), "run": (row.get("processing") or {}).get("run"), **row}
    return [_safe(flat.get(name)) for name in COLUMNS]


def _safe(value: object) -> str:
    text = "; ".join(str(part) for part in value) if isinstance(value, list) else "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(values: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue().encode("utf-8", "replace")
