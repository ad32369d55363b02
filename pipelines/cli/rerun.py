"""`warchronicle rerun`: articles from any WARCs, derived again with today's code and rules, part by part."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pipelines.cli.console import outcomes_table, print_json, say
from pipelines.cli.rerunning import Shown
from pipelines.config import Config, load_config
from pipelines.derive import DeriveSettings
from pipelines.errors import ExitCode, InputError
from pipelines.extract.residue.strip import Evidence
from pipelines.rerun import inputs
from pipelines.rerun.far import Elsewhere
from pipelines.rerun.job import Limits
from pipelines.rerun.link import Allowed
from pipelines.rerun.plan import State
from pipelines.rerun.run import Request, Result, rerun
from pipelines.rerun.schedule import Local
from pipelines.rerun.select import selection


@click.command
@click.argument("arguments", metavar="INPUT...", nargs=-1)
@click.option("--out", metavar="DIR", required=True, help="Folder of the run; one that is there is taken up.")
@click.option("--list", "lists", metavar="FILE", multiple=True, help="Read inputs from FILE, one a line; - for stdin.")
@click.option("--jobs", metavar="N", type=click.IntRange(min=0), default=0, help="Worker processes; 0: one a CPU.")
@click.option("--since", metavar="DAY", default="", help="Only captures from this day or moment on (WARC-Date, UTC).")
@click.option("--until", metavar="DAY", default="", help="Only captures up to this day, which is included, or moment.")
@click.option("--host", "hosts", metavar="NAME", multiple=True, help="Only this host and those below it; repeatable.")
@click.option("--url-prefix", "prefixes", metavar="URL", multiple=True, help="Only URLs that begin so; repeatable.")
@click.option("--mime", "mimes", metavar="TYPE", multiple=True, help="Only text/html, text/*, ...; repeatable.")
@click.option(
    "--without",
    "without",
    metavar="EVIDENCE",
    type=click.Choice([evidence.value for evidence in Evidence]),
    multiple=True,
    help="Leave out phrases, classifier or repeats as evidence of residue; may be repeated.",
)
@click.option("--config", metavar="DIR", help="Folder of a crawl.toml and residue/ rules to use; without: defaults.")
@click.option(
    "--allow-host", "allowed", metavar="HOST", multiple=True, help="Read http(s) inputs from HOST; repeatable."
)
@click.option("--s3-anonymous", "anonymous", is_flag=True, help="Don't sign requests to S3: public buckets.")
@click.option(
    "--cdx-base", "base", metavar="PLACE", default="", help="What file names in a CDXJ count from; without: its folder."
)
@click.option("--json", "as_json", is_flag=True, help="Print run.json and what was done on stdout.")
def command(
    arguments: tuple[str, ...],
    out: str,
    lists: tuple[str, ...],
    jobs: int,
    since: str,
    until: str,
    hosts: tuple[str, ...],
    prefixes: tuple[str, ...],
    mimes: tuple[str, ...],
    without: tuple[str, ...],
    config: str | None,
    allowed: tuple[str, ...],
    anonymous: bool,
    base: str,
    as_json: bool,
) -> ExitCode:
    """Derive the articles of WARCs again, with today's code and rules.

    INPUT is a WARC or ARC file (anybody's), a folder of them, such as an archive, a quoted pattern, s3://bucket/prefix,
    the http(s) address of a WARC on an allowed host, a WACZ, or a CDXJ that names records. Conditions on time, host,
    address and type are checked on heads or indexes; what they refuse is not read further.

    Each WARC becomes a part of DIR: parts/NAME.jsonl.gz with its rows, and parts/NAME.json once it is sealed. A run
    that was stopped or killed goes on where it was; more inputs add parts; changed rules make parts stale, and they are
    derived again. The same inputs, versions and rules give the same bytes, whatever --jobs and the order of inputs.

    \b
      warchronicle rerun archive/ --out again/
      warchronicle rerun crawl.warc.gz 'more/*.warc.gz' --out again/ --since 2022-09-06 --until 2022-09-20
      warchronicle rerun --list warcs.txt --out again/ --host example.org --mime text/html
      warchronicle status again/                              what is left
      warchronicle export again/ --format csv -o articles.csv

    Exits 0 when all was read, 7 when parts of the input are damaged or can't be read (the marks of the parts name file
    and offset), 5 when there was nothing to read.
    """  # noqa: D301 - to click, \b is the character: leave the lines as they are
    named = [*arguments, *(line for name in lists for line in _lines(name))]
    if not named:
        raise click.UsageError("name an INPUT, or --list FILE")
    settings = load_config(Path(config)) if config else Config()
    request = Request(
        run=Path(out),
        sources=tuple(inputs.sources(named, Elsewhere(Allowed.of(allowed), anonymous, base))),
        selection=selection(since=since, until=until, hosts=hosts, prefixes=prefixes, mimes=mimes),
        settings=_derive_settings(settings, config, without),
        limits=Limits(jobs, settings.derive.timeout_seconds, settings.derive.memory_bytes),
    )
    with Shown() as shown:
        scheduler = Local(shown.row)
        try:
            result = rerun(request, scheduler, shown)
        finally:
            scheduler.close()
    return _end(result, as_json=as_json)


def _lines(name: str) -> list[str]:
    """The arguments in a list file. Raises `InputError`."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: can't be read ({error})") from error
    return list(inputs.listed(text.splitlines()))


def _derive_settings(config: Config, folder: str | None, without: tuple[str, ...]) -> DeriveSettings:
    settings = DeriveSettings.of(config, Path(folder) if folder else None)
    left_out = frozenset(map(Evidence, without))
    return replace(settings, residue=replace(settings.residue, evidence=settings.residue.evidence - left_out))


def _end(result: Result, *, as_json: bool) -> ExitCode:
    facts = result.facts
    if as_json:
        print_json(facts | {"done": _done(result), "unread": [each.detail for each in result.unread]})
    else:
        outcomes_table(Counter(facts["outcomes"]), "")
        said = ", ".join(f"{count:,} {what}" for what, count in _done(result).items() if count)
        say(f"{facts['rows']:,} rows in {facts['parts']:,} parts ({said or 'nothing was left to do'})")
        if facts["without_row"]:
            counted = ", ".join(f"{count:,} {what}" for what, count in facts["without_row"].items())
            say(f"records without a row: {counted}")
        if facts["damages"]:
            say(f"{facts['damages']:,} places in the input are damaged; the marks in parts/ name each")
        for each in result.unread:
            say(f"error: {each.detail}")
    if not result.unread and not facts["damages"]:
        return ExitCode.OK
    return ExitCode.PARTIAL if facts["parts"] else ExitCode.INPUT


def _done(result: Result) -> dict[str, Any]:
    """What this call did, beside what was there."""
    return {
        "taken over": result.planned[State.SEALED],
        "stale": result.planned[State.STALE],
        "derived": result.read,
        "sealed": result.sealed,
    }
