"""`warchronicle diff`: what is different between two runs, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final

import click
import orjson

from pipelines.cli.console import output, print_json, print_table, printable, progress
from pipelines.errors import ExitCode
from pipelines.rerun import diff_json
from pipelines.rerun.diff import differences
from pipelines.rerun.diff_page import Page
from pipelines.rerun.diff_rows import Change, Difference
from pipelines.rerun.diff_totals import RECORDS, SAME, Totals, reasons
from pipelines.rerun.stored import stored

_EXAMPLES: Final = 10  # differences that the summary names
_LISTED: Final = 30  # outlets, causes
_WIDE: Final = 100  # characters of a block in the summary


@click.command
@click.argument("run_a", metavar="RUN_A", type=click.Path(path_type=Path))
@click.argument("run_b", metavar="RUN_B", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "target", metavar="FILE", default="", help="Write each difference to FILE, a JSON line."
)
@click.option("--html", "page", metavar="FILE", default="", help="Write a page for people: side by side, filterable.")
@click.option(
    "--html-max",
    "limit",
    metavar="N",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Differences that the page shows at most: the first ones.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the totals as JSON.")
def command(run_a: Path, run_b: Path, target: str, page: str, limit: int, as_json: bool) -> ExitCode:
    """Show what is different between two runs over the same records, and why.

    RUN_A and RUN_B are folders of re-runs, archives, runs of an archive (ARCHIVE/runs/ID), or files of rows, such as
    `extract` writes them. What differs in code, rules and libraries comes first; then what records were gained, lost
    and changed, by outlet and cause: the rule that moved a block, a field, a version, the extractor. Who derived a row
    and where its record lies is no difference.

    \b
      warchronicle diff before/ after/
      warchronicle diff before/ after/ --html changes.html
      warchronicle diff before/ after/ -o - --json 2>/dev/null | jq -r 'select(.causes[]? == "rule:en:share").url'
      warchronicle diff archive/ again/ -o changes.jsonl --json | jq .causes

    Exits 0 when nothing differs, 11 when something does.
    """  # noqa: D301 - to click, \b is the character: leave the lines as they are
    before, after = stored(run_a), stored(run_b)
    totals = Totals(before, after)
    shown = Page(limit) if page else None
    examples: list[Difference] = []
    spool = next((Path(name).absolute().parent for name in (target, page) if name not in ("", "-")), None)
    with ExitStack() as files, progress("diff", None) as bar:
        lines = files.enter_context(output(target)) if target else None
        # Opened before anything is read: a place that can't be written is said at once.
        sheet = files.enter_context(output(page)) if page else None
        for difference in differences(before, after, totals, spool):
            bar.advance(bar.task_ids[0])
            _write(difference, lines, shown)
            if len(examples) < _EXAMPLES:
                examples.append(difference)
        if sheet is not None and shown is not None:
            sheet.write(shown.html(totals))
    to_stderr = "-" in (target, page)
    if as_json:
        print_json(totals.facts(), err=to_stderr)
    else:
        _print(totals.facts(), examples, err=to_stderr)
    return ExitCode.OK if totals.equal else ExitCode.DIFFERS


def _write(difference: Difference, lines: IO[bytes] | None, shown: Page | None) -> None:
    if lines is not None:
        lines.write(orjson.dumps(diff_json.facts(difference)) + b"\n")
    if shown is not None:
        shown.add(difference)


def _print(facts: dict[str, Any], examples: list[Difference], *, err: bool) -> None:
    def say(line: str = "") -> None:
        click.echo(line, err=err)

    rows = [*reasons(facts), ("rows", f"{facts['a']['rows']:,}", f"{facts['b']['rows']:,}")]
    print_table(("why", facts["a"]["run"], facts["b"]["run"]), rows, err=err)
    say()
    if len(rows) == 1:
        say(SAME)
        say()
    print_table(RECORDS, [tuple(facts["records"].values())], err=err)
    if facts["equal"]:
        return
    say()
    outlets = [(name or "(no address)", *counts.values()) for name, counts in facts["outlets"].items()]
    _table("By outlet", ("outlet", *RECORDS), outlets, err=err)
    causes = [(name, each["records"], each["blocks"]) for name, each in facts["causes"].items()]
    _table("By cause", ("cause", "records", "blocks"), causes, err=err)
    outcomes = [(f"{each['a']} -> {each['b']}", each["records"]) for each in facts["outcomes"]]
    _table("Other outcome", ("outcome", "records"), outcomes, err=err)
    for difference in examples:
        for line in example(difference):
            say(line)
    left = sum(facts["records"][change.value] for change in Change) - len(examples)
    if left:
        say(f"... and {left:,} more; --html FILE and -o FILE show them")


def _table(title: str, head: tuple[str, ...], rows: list[tuple[Any, ...]], *, err: bool) -> None:
    if not rows:
        return
    print_table(head, rows[:_LISTED], title=title, err=err)
    if len(rows) > _LISTED:
        click.echo(f"... and {len(rows) - _LISTED:,} more; --json has all", err=err)
    click.echo(err=err)


def example(difference: Difference) -> Iterator[str]:
    """A difference in a few lines."""
    row = difference.row
    yield f"{difference.change.value}  {printable(str(row.get('id') or '?'))}  {printable(str(row.get('url') or ''))}"
    if difference.change is not Change.CHANGED:
        return
    for name, (before, after) in difference.fields.items():
        if name != "text":
            yield f"    {name}: {_brief(before)} -> {_brief(after)}"
    for pair in difference.blocks:
        block = pair.after if pair.after is not None else pair.before
        assert block is not None
        assert pair.change is not None
        yield "    " + "  ".join(
            filter(None, (pair.change.value, printable(", not ".join(pair.rules)), _brief(block["text"])))
        )


def _brief(value: object) -> str:
    text = printable(value if isinstance(value, str) else orjson.dumps(value).decode())
    return text if len(text) <= _WIDE else f"{text[:_WIDE]}..."
