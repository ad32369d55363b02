"""`scrapy sources`: lists config/sources.toml, and with `--check` asks which of its routes answer, and with what."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import SETTINGS_PRIORITIES, Settings

from crawler.addon import config_folder
from crawler.lock import archive_lock
from crawler.printable import printable
from crawler.running import archive_of, crawl_settings, project_settings, run_locked
from crawler.spiders.check import Checked
from crawler.spiders.news import ROUTES
from pipelines.config import Config, Source, choose_sources, load_sources
from pipelines.errors import ExitCode, WarchronicleError

EXAMPLES = """\
examples:
  scrapy sources                                      all sources of config/sources.toml
  scrapy sources --country ua --language uk           Ukrainian outlets that publish in Ukrainian
  scrapy sources --affiliation state,official --json  as one JSON object
  scrapy sources --check ua-pravda de-tagesschau      ask their feeds, sitemaps and robots.txt
  scrapy sources --check --country cz --route feeds   ask those of all Czech sources that have a feed

exit codes:
  0 listed, or every route answered         7 some routes did not answer, or with something else
  2 the command line can't be understood    8 another crawl is at work in this archive
  4 a config file is refused, or there is no source of that id (the message names the nearest)
  6 the disk is full or refuses            10 SIGTERM or SIGINT; all files are closed
"""
PLAIN_WIDTH = 200  # columns of a table that goes into a pipe


def chosen(sources: Iterable[Source], opts: argparse.Namespace) -> list[Source]:
    """Those that pass every filter. Raises `UsageError` for a value that no source has."""
    kept = list(sources)
    for option, values in (
        ("country", lambda source: (source.country,)),
        ("language", lambda source: source.languages),
        ("affiliation", lambda source: (source.affiliation,)),
        ("route", routes_of),
    ):
        wanted = {value.strip().lower() for value in getattr(opts, option).split(",") if value.strip()}
        known = sorted({value for source in kept for value in values(source) if value})
        if unknown := wanted.difference(known):
            raise UsageError(
                f"--{option} {min(unknown)}: none of the sources has it; known: {', '.join(known)}",
                print_help=False,
            )
        if wanted:
            kept = [source for source in kept if wanted.intersection(values(source))]
    return kept


def routes_of(source: Source) -> tuple[str, ...]:
    return tuple(route for route in ROUTES if getattr(source, route))


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the unit that a person would use; "" if unknown."""
    if moment is None:
        return ""
    seconds = (now - moment).total_seconds()
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if abs(seconds) >= length:
            return f"{seconds / length:.0f} {unit}"
    return "now"


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [ID ...]"

    def short_desc(self) -> str:
        return "List the sources, or check which of their routes answer"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument(
            "--check", action="store_true", help="ask each route and robots.txt; what comes is archived"
        )
        parser.add_argument(
            "--country", default="", metavar="CC,CC", help="only of these countries (ISO 3166-1: ua, gb)"
        )
        parser.add_argument("--language", default="", metavar="LL,LL", help="only in one of these languages (uk, de)")
        parser.add_argument(
            "--affiliation", default="", metavar="WORD", help="only these: public, private, state, official, aggregator"
        )
        parser.add_argument("--route", default="", metavar="WORD", help=f"only with one of these: {', '.join(ROUTES)}")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if option := next((arg for arg in args if arg.startswith("-")), ""):
            raise UsageError(f"unknown option {option!r}", print_help=False)
        try:
            self.exitcode = int(self._run(args, opts))
        except WarchronicleError as error:
            self.exitcode = int(error.exit_code)
            sys.stderr.write(f"{error}\n")

    def _run(self, names: Sequence[str], opts: argparse.Namespace) -> ExitCode:
        settings = project_settings(self.settings)
        known: dict[str, Source] = settings.get("CHRONICLE_SOURCES") or load_sources(config_folder(settings))
        sources = chosen(choose_sources(known, ",".join(names)), opts)
        if not opts.check:
            _list(sources, as_json=opts.json)
            return ExitCode.OK
        return _check(sources, crawl_settings(settings), as_json=opts.json)


# -- listing ------------------------------------------------------------------------------------------------------


def _list(sources: Sequence[Source], *, as_json: bool) -> None:
    if as_json:
        rows = [source.model_dump(mode="json", exclude_defaults=True) for source in sources]
        print(json.dumps({"sources": rows}, ensure_ascii=False))
        return
    table = _table("id", "name", "country", "languages", "routes", "affiliation", "confidence")
    for source in sources:
        routes = " ".join(f"{route}:{len(getattr(source, route))}" for route in routes_of(source))
        table.add_row(
            *map(
                Text,
                (
                    source.id,
                    printable(source.name),
                    source.country,
                    " ".join(source.languages),
                    routes,
                    source.affiliation,
                    source.confidence,
                ),
            )
        )
    _console().print(table)
    routed = sum(1 for source in sources if routes_of(source))
    sys.stderr.write(
        f"{len(sources)} sources, {routed} of them with a feed or a sitemap; none is checked by listing it\n"
    )


# -- checking -----------------------------------------------------------------------------------------------------


def _check(sources: Sequence[Source], settings: Settings, *, as_json: bool) -> ExitCode:
    if not sources:
        sys.stderr.write("no source is left to be checked\n")
        return ExitCode.OK
    rows: list[Checked] = []
    with archive_lock(archive_of(settings), "scrapy sources --check"), ExitStack() as stack:
        addresses = sum(len(getattr(source, route)) for source in sources for route in ROUTES)
        advance = _progress(stack, len(sources) + addresses)

        def seen(checked: Checked) -> None:
            rows.append(checked)
            advance()

        ran = run_locked("check", _quiet(settings), sources=",".join(source.id for source in sources), seen=seen)
    order = {source.id: place for place, source in enumerate(sources)}
    places = [*ROUTES, "robots"]
    rows.sort(key=lambda row: (order[row.source], places.index(row.route), row.url))
    failed = sum(1 for row in rows if not row.ok)
    code = ran.code or (ExitCode.PARTIAL if failed else ExitCode.OK)
    if as_json:
        facts = {"exit": code, "message": ran.message, "answered": len(rows) - failed, "failed": failed}
        print(json.dumps(facts | {"routes": [_facts(row) for row in rows]}, ensure_ascii=False))
    elif rows:
        _show(rows)
    if ran.message:
        sys.stderr.write(f"{ran.message}\n")
    return code


def _quiet(settings: Settings) -> Settings:
    """The crawl's settings without a text worker and, unless the command line says otherwise, without its log."""
    config: Config = settings["CHRONICLE"]
    quiet = settings.copy()
    live = config.derive.model_copy(update={"live": False})
    quiet.set("CHRONICLE", config.model_copy(update={"derive": live}), priority="cmdline")
    if (quiet.getpriority("LOG_LEVEL") or 0) < SETTINGS_PRIORITIES["cmdline"]:
        quiet.set("LOG_LEVEL", "ERROR", priority="cmdline")
    return quiet


def _progress(stack: ExitStack, total: int) -> Any:
    """A function that moves the bar on by one; there is a bar only on a terminal."""
    if not sys.stderr.isatty():
        return lambda: None
    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = stack.enter_context(Progress(*columns, console=Console(stderr=True), transient=True))
    task = bar.add_task("", total=total)
    return lambda: bar.advance(task)


def _facts(row: Checked) -> dict[str, Any]:
    return {
        "source": row.source,
        "route": row.route,
        "url": row.url,
        "answered_by": row.answered_by,
        "ok": row.ok,
        "status": row.status,
        "kind": row.kind,
        "entries": row.entries,
        "documents": row.documents,
        "newest": row.newest.isoformat() if row.newest else None,
        "newest_age_seconds": round((datetime.now(UTC) - row.newest).total_seconds()) if row.newest else None,
        "error": row.error,
    }


def _show(rows: Sequence[Checked]) -> None:
    now = datetime.now(UTC)
    table = _table("source", "route", "status", "what", "entries", "newest", "address, and what is wrong with it")
    for row in rows:
        told = Text(printable(row.url, 120))
        if row.answered_by:
            told.append(f"\n-> {printable(row.answered_by, 120)}", style="dim")
        if row.error:
            told.append(f"\n{printable(row.error, 300)}", style="red")
        count = str(row.entries or row.documents) if row.kind else ""
        status = str(row.status or "")
        style = "" if row.ok else "red"
        first = [Text(text, style=style) for text in (row.source, row.route, status, row.kind, count)]
        table.add_row(*first, Text(age(row.newest, now)), told)
    _console().print(table)
    tally = Counter("answered" if row.ok else row.error.partition(":")[0] for row in rows)
    sys.stderr.write("; ".join(f"{count} {word}" for word, count in tally.most_common()) + "\n")


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in {"id", "source"})
    return table


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=PLAIN_WIDTH, color_system=None)
