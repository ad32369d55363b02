"""`warchronicle show`: one row for people, where it comes from, and whether it can be made again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
import orjson
from rich.console import Console

from pipelines.cli import explain
from pipelines.cli.console import print_json, printable
from pipelines.cli.diff import example
from pipelines.config import Config, load_config
from pipelines.derive import DeriveSettings, processing
from pipelines.errors import ExitCode, InputError
from pipelines.extract.residue.strip import Evidence
from pipelines.rerun import diff_json
from pipelines.rerun.diff_rows import flat
from pipelines.rerun.diff_totals import short
from pipelines.rerun.from_row import derived_of
from pipelines.rerun.job import Limits
from pipelines.rerun.rederive import Proof, rederive
from pipelines.rerun.stored import Stored, parsed, stored
from pipelines.workers import DerivePool

_LABEL: Final = 10  # columns, as explain has it
_NAMED: Final = 10  # rows that a short name fits, in the message


@click.command
@click.argument("name", metavar="ROW")
@click.option("--in", "where", metavar="DIR", required=True, help="Archive, run folder or file of rows that holds it.")
@click.option("--rederive", "again", is_flag=True, help="Derive it again from its WARC record and compare.")
@click.option("--warc-root", "root", metavar="DIR", default="", help="Where the WARCs lie; without: in the archive.")
@click.option("--config", metavar="DIR", help="Folder of the crawl.toml and residue/ rules it was made with.")
@click.option(
    "--without",
    "without",
    metavar="EVIDENCE",
    type=click.Choice([evidence.value for evidence in Evidence]),
    multiple=True,
    help="It was made without phrases, classifier or repeats; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the row, and what deriving it again gave.")
def command(
    name: str, where: str, again: bool, root: str, config: str | None, without: tuple[str, ...], as_json: bool
) -> ExitCode:
    """Show a row: its text, what was removed and why, where it lies, and what made it.

    ROW is an id, the beginning of one, or a URL. DIR is an archive, an archive's runs/ID, a re-run's folder, or a file
    of rows. With --rederive, the row's record is read from its WARC and derived again, with the rules that come with
    warchronicle or those of --config; what the outlet repeats is learnt again from the rows in DIR. --warc-root takes
    whatever `rerun` takes: a folder, a file, a WACZ, s3://...

    \b
      warchronicle show 3f2a --in archive/
      warchronicle show https://example.org/story --in archive/ --rederive
      warchronicle show 3f2a9c0012ab34cd --in again/ --rederive --warc-root archive/ --json | jq .rederived.equal

    Exits 0 when deriving gives the same row, 11 when it does not, 3 when the record is damaged.
    """  # noqa: D301 - to click, \b is the character: leave the lines as they are
    run = stored(Path(where))
    row = _find(run, name)
    proof = None
    if again:
        limits = Limits(1)
        with _pool(config, without, limits) as pool:
            proof = rederive(row, run, root, limits.max_record, pool)
    if as_json:
        print_json({"row": row, **({"rederived": _facts(proof)} if proof else {})})
    else:
        _print(row)
        if proof is not None:
            click.echo("\n".join(_told(proof)))
    return ExitCode.DIFFERS if proof is not None and proof.difference is not None else ExitCode.OK


def _pool(config: str | None, without: tuple[str, ...], limits: Limits) -> DerivePool:
    known = load_config(Path(config)) if config else Config()
    settings = DeriveSettings.of(known, Path(config) if config else None)
    evidence = settings.residue.evidence - frozenset(map(Evidence, without))
    settings = replace(settings, residue=replace(settings.residue, evidence=evidence))
    made_by = processing(residue=settings.residue)
    return DerivePool(
        limits.workers, known.derive.timeout_seconds, known.derive.memory_bytes, settings, Path(), made_by
    )


def _find(run: Stored, name: str) -> dict[str, Any]:
    """The row that a name means. Raises `InputError` for none, and for more than one."""
    word = orjson.dumps(name)[1:-1]
    found: dict[str, dict[str, Any]] = {}
    more = 0
    for line in run.lines():
        if word not in line:
            continue
        row = parsed(line, run.path)
        if row["id"] == name:
            return row
        if not ((row["id"] or "").startswith(name) or row.get("url") == name):
            continue
        if len(found) < _NAMED:
            found.setdefault(row["id"] or "?", row)
        else:
            more += 1
    if len(found) == 1 and not more:
        return next(iter(found.values()))
    if not found:
        raise InputError(f"{run.path}: it holds no row {name!r}; name an id, the beginning of one, or a URL")
    listed = "\n".join(f"  {key}  {row['outcome']}  {row.get('url') or ''}" for key, row in found.items())
    others = f"\n  and {more:,} more" if more else ""
    raise InputError(f"{name!r} is the name of more than one row; name one of\n{listed}{others}")


def _facts(proof: Proof) -> dict[str, Any]:
    return {
        "equal": proof.difference is None,
        "versions": {name: list(values) for name, values in proof.versions.items()},
        "notes": list(proof.notes),
        "difference": diff_json.facts(proof.difference) if proof.difference else None,
        "likely_causes": list(proof.causes),
        "row": proof.row,
    }


def _print(row: dict[str, Any]) -> None:
    try:
        derived = derived_of(row)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"row {row['id']}: it can't be read: {error!r}") from error
    console = Console(highlight=False)
    if console.is_terminal:
        explain.show(derived, console)
    else:
        click.echo("\n".join(explain.lines(derived)))
    for label, value in _origin(row):
        click.echo(f"{label:<{_LABEL}} {printable(value)}".rstrip())


def _origin(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Where the row comes from, and what made it."""
    place = row.get("provenance") or {}
    if place:
        yield "record", f"{place['warc']} at {place['offset']}, {place['length']} bytes"
        yield "", place.get("record_id") or "?"
        yield "captured", place.get("captured_at") or "?"
        yield "payload", place.get("payload_digest") or "?"
    else:
        yield "record", "none: it was no WARC that the row was made of"
    if found := row.get("found"):
        said = (found.get("route"), found.get("source"), found.get("via"))
        yield "found", "  ".join(filter(None, said))
    made_by = flat(row.get("processing"))
    if made_by:
        first = ("warchronicle", "python", "extractor", "rules_digest")
        yield "made by", ", ".join(f"{name} {short(made_by[name])}" for name in first if name in made_by)
        yield "with", ", ".join(f"{name} {value}" for name, value in made_by.items() if name not in first)
    if run := (row.get("processing") or {}).get("run"):
        yield "run", run


def _told(proof: Proof) -> Iterator[str]:
    yield ""
    yield from (f"note: {note}" for note in proof.notes)
    if proof.difference is None:
        yield "= derived again from its record: the same"
        for name, (then, now) in proof.versions.items():
            yield f"  with another {name}: {printable(short(then))} then, {printable(short(now))} now"
        return
    yield "! derived again from its record: NOT the same (then -> now)"
    _, *lines = example(proof.difference)
    yield from lines
    yield from (f"  likely: {printable(cause)}" for cause in proof.causes)
