"""`warchronicle export`: rows for other people's tools: JSON Lines, CSV, Parquet, text files."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click

from pipelines.cli.console import print_json, progress, say
from pipelines.cli.rows_in import Source, open_source
from pipelines.cli.rows_out import Format, Shape, Sink, check, open_sink
from pipelines.errors import ExitCode
from pipelines.export.columns import KEYS, Column, named
from pipelines.export.csv import EXCEL_CELL, CsvWriter
from pipelines.export.select import Clock, Left, Selection
from pipelines.export.text import TextWriter
from pipelines.model import Outcome

ALL = "all"
_STEP = 100  # rows between two looks at the bar


@dataclass
class Tally:
    """What became of the rows that were read."""

    outcomes: Counter[str] = field(default_factory=Counter)
    left_out: Counter[Left] = field(default_factory=Counter)
    unknown: set[str] = field(default_factory=set)  # keys of rows that no column holds

    def facts(self) -> dict[str, Any]:
        return {
            "rows": self.outcomes.total(),
            "outcomes": dict(sorted(self.outcomes.items())),
            "left_out": {left.value: self.left_out[left] for left in Left if left is not Left.OUTCOME},
            "keys_without_column": sorted(self.unknown),
        }


def _outcomes(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    """The outcomes that were named; none stands for all of them."""
    known = [outcome.value for outcome in Outcome]
    if unknown := [value for value in values if value not in (*known, ALL)]:
        raise click.BadParameter(f"no outcome {unknown[0]!r}; known: {', '.join((ALL, *known))}")
    return frozenset() if ALL in values else frozenset(values or (Outcome.ARTICLE.value,))


def _hosts(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := [value for value in values if not value.strip(".") or set(value) & set("/:@ ")]:
        raise click.BadParameter(f"{wrong[0]!r} is no host; name it as in example.org")
    return tuple(value.strip(".").lower() for value in values)


def _columns(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[Column, ...] | None:
    if value is None:
        return None
    try:
        return named(name.strip() for name in value.split(","))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


_DAY = click.DateTime(["%Y-%m-%d"])


@click.command
@click.argument("source", metavar="DIR|FILE")
@click.option("--format", "kind", type=click.Choice([*map(str, Format)]), required=True, help="What to write.")
@click.option("-o", "--output", "target", metavar="FILE|FOLDER", default="", help="Write there, whole or not at all.")
@click.option("--since", metavar="DAY", type=_DAY, help="Only rows of this day or later.")
@click.option("--until", metavar="DAY", type=_DAY, help="Nor later than this day, which is included.")
@click.option(
    "--date",
    "clock",
    type=click.Choice([*map(str, Clock)]),
    default=Clock.PUBLISHED.value,
    show_default=True,
    help="The day that --since and --until are about: stated by the page, of the capture, or stated by its feed.",
)
@click.option(
    "--host", "hosts", metavar="NAME", multiple=True, callback=_hosts, help="Only this host and its subdomains."
)
@click.option(
    "--outcome",
    "outcomes",
    metavar="NAME",
    multiple=True,
    callback=_outcomes,
    help='Rows that ended so, instead of articles; "all": every row.',
)
@click.option("--all", "everything", is_flag=True, help="Every row, however it ended.")
@click.option("--run", metavar="ID", default=None, help="Only rows that this run of an archive made; see `status`.")
@click.option(
    "--columns", metavar="NAMES", callback=_columns, help="csv, parquet: only these, in this order: id,url,title"
)
@click.option("--excel", is_flag=True, help="csv: begin with a byte order mark, by which Excel tells UTF-8.")
@click.option("--raw", is_flag=True, help="csv: leave cells as they are that a spreadsheet takes for formulas.")
@click.option("--with-head", "head", is_flag=True, help="text: title, date and address above each text.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary on stderr as JSON.")
def command(
    source: str,
    kind: str,
    target: str,
    since: datetime | None,
    until: datetime | None,
    clock: str,
    hosts: tuple[str, ...],
    outcomes: frozenset[str],
    everything: bool,
    run: str | None,
    columns: tuple[Column, ...] | None,
    excel: bool,
    raw: bool,
    head: bool,
    as_json: bool,
) -> ExitCode:
    """Write rows as JSON Lines, CSV, Parquet or text files: articles, unless you ask for more.

    DIR is an archive, a re-run's --out folder or an archive's runs/<id>; FILE holds rows (JSON Lines, also .gz), - is
    stdin. Rows come in the order that they have there: an archive's by capture time.

    jsonl is the rows as they are. csv has a line for each row, lists joined by "; "; cells that a spreadsheet would
    take for a formula start with an apostrophe. parquet has typed columns, with evidence and blocks; it needs -o and
    the extra "parquet". text is a folder of text files, named as an archive names them; it needs -o. JSON Lines and CSV
    are compressed where FILE ends in .gz.

    \b
      warchronicle export archive/ --format csv --excel -o articles.csv
      warchronicle export rerun/ --format parquet -o articles.parquet
      warchronicle export archive/ --format parquet --columns id,url,title,published_day,text_sha256 -o no-text.parquet
      warchronicle export archive/ --format text --host example.org --since 2022-09-01 --until 2022-10-15 -o texts/
      warchronicle export archive/ --format jsonl --all | jq -r .outcome | sort | uniq -c

    Exits 0, or 7 when the re-run is not complete: what it has so far is written then.
    """  # noqa: D301 - to click, \b is the character: leave the lines as they are
    shape = Shape(Format(kind), target, columns, excel, raw, head)
    check(shape)
    selection = Selection(
        frozenset() if everything else outcomes,
        hosts,
        since.date() if since else None,
        until.date() if until else None,
        Clock(clock),
    )
    tally = Tally()
    screen = target in ("", "-") and sys.stdout.isatty()
    with open_source(source, run, selection.outcomes) as rows:
        with open_sink(shape) as sink:
            _pour(rows, selection, sink, tally, hidden=screen)
        return _end(shape, tally, sink, rows.missing, as_json=as_json)


def _pour(source: Source, selection: Selection, sink: Sink, tally: Tally, *, hidden: bool) -> None:
    with progress("export", source.total, hidden=hidden) as bar:
        for number, (line, row) in enumerate(source.rows(), 1):
            if not number % _STEP:
                bar.update(bar.task_ids[0], completed=number)
            if left := selection.leaves_out(row):
                tally.left_out[left] += 1
                continue
            sink.write(row, line)
            tally.outcomes[str(row["outcome"])] += 1
            if not row.keys() <= KEYS:
                tally.unknown |= row.keys() - KEYS


def _end(shape: Shape, tally: Tally, sink: Sink, missing: str, *, as_json: bool) -> ExitCode:
    target = shape.target
    facts = {"format": shape.form.value, "output": target or "-", "complete": not missing, **tally.facts()}
    notes = [missing] if missing else []
    if undated := tally.left_out[Left.UNDATED]:
        notes.append(f"{undated:,} rows were left out because they have no date of that kind")
    if isinstance(sink, TextWriter):
        facts["without_text"] = sink.without_text
        if sink.without_text:
            notes.append(f"{sink.without_text:,} rows have no text, and no file")
    if isinstance(sink, CsvWriter):
        facts["cells_too_long_for_excel"] = sink.long_cells
        if sink.long_cells and shape.excel:
            notes.append(f"{sink.long_cells:,} cells have more than {EXCEL_CELL:,} characters: Excel will cut them")
    if tally.unknown and shape.form in (Format.CSV, Format.PARQUET):
        notes.append(f"no column holds {', '.join(sorted(tally.unknown))}: a newer warchronicle made these rows")
    if as_json:
        print_json(facts, err=True)
    else:
        say(f"{tally.outcomes.total():,} rows" + (f" -> {target}" if target else ""))
        for note in notes:
            say(note)
    return ExitCode.PARTIAL if missing else ExitCode.OK
