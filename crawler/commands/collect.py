"""`scrapy collect`: what cron calls. Visits the sources that are due, within a time budget, one run at a time."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.lock import archive_lock
from crawler.running import Ran, archive_of, crawl_settings, run_locked
from pipelines.config import Collect, Config, Source, choose_sources
from pipelines.errors import ExitCode, WarchronicleError
from pipelines.store.catalog import Catalog
from pipelines.store.catalog_schema import Visit

EXAMPLES = """\
examples:
  scrapy collect                                  visit what is due, for collect.budget_minutes at most
  scrapy collect --sources ua-pravda,de-tagesschau --budget 10
  scrapy collect --json                           the same, with the result as one JSON object on stdout
  17 * * * *  cd /srv/crawl && scrapy collect     a line of config/crontab

exit codes:
  0 all went well, or nothing was due       7 some sources failed; the others are complete
  4 a config file is refused                8 another crawl is at work in this archive
  6 the disk is full or refuses             9 the time budget ran out; the ledger has the rest
  1 a fault of ours                        10 SIGTERM or SIGINT; all files are closed
"""

EARLY = 0.9  # a source is due at this part of its interval: cron's hour is never exactly one after the last visit


def collected(sources: dict[str, Source], collect: Collect, names: str) -> list[Source]:
    """The sources that are visited: those named, else those of the config, else all that have one of its routes."""
    names = names or ",".join(collect.sources)
    if names:
        return choose_sources(sources, names)
    return [source for source in sources.values() if _addresses(source, collect.routes)]


def due(
    sources: Iterable[Source],
    collect: Collect,
    visit: Callable[[str], Visit | None],
    now: datetime,
) -> list[Source]:
    """Those of `sources` that have an address which was not visited for collect.every_minutes."""
    longest = timedelta(minutes=collect.every_minutes) * EARLY

    def is_due(address: str) -> bool:
        last = visit(address)
        # A visit in the future means that the clock was set back since.
        return last is None or not timedelta(0) <= now - last.at < longest

    return [
        source
        for source in sources
        if any(is_due(address) for address in _addresses(source, collect.routes) or (source.domain,))
    ]


def _addresses(source: Source, routes: Sequence[str]) -> list[str]:
    return [address for route in routes for address in getattr(source, route)]


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Visit the sources that are due (what cron calls)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("--sources", default="", metavar="ID,ID", help="these instead of collect.sources")
        parser.add_argument("--budget", type=float, metavar="MINUTES", help="instead of collect.budget_minutes")
        parser.add_argument("--json", action="store_true", help="print the result as a JSON object")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            raise UsageError(f"unknown argument {args[0]!r}", print_help=False)
        if opts.budget is not None and not opts.budget > 0:
            raise UsageError("--budget takes minutes, more than 0", print_help=False)
        result: dict[str, Any]
        try:
            result = self._collect(opts)
        except WarchronicleError as error:
            result = {"exit": error.exit_code, "reason": type(error).__name__, "message": str(error)}
        self.exitcode = int(result["exit"])
        if result["message"]:
            sys.stderr.write(f"{result['message']}\n")
        if opts.json:
            print(json.dumps(result, ensure_ascii=False, default=str))

    def _collect(self, opts: argparse.Namespace) -> dict[str, Any]:
        settings = crawl_settings(self.settings)
        config: Config = settings["CHRONICLE"]
        collect = config.collect
        chosen = collected(settings["CHRONICLE_SOURCES"], collect, opts.sources)
        archive = archive_of(settings)
        with archive_lock(archive, "scrapy collect"):
            # A visit counts once it is written, so what is due is asked under the lock.
            catalog = Catalog(archive / "catalog.sqlite")
            try:
                now = datetime.now(UTC)
                ready = due(chosen, collect, catalog.visit, now)
                # What an earlier run had no time for does not wait for the next visit.
                ready += [each for each in chosen if each not in ready and catalog.waiting_hosts([each.id], now)]
            finally:
                catalog.close()
            facts: dict[str, Any] = {"sources": len(chosen), "due": [source.id for source in ready]}
            if not ready:
                words = f"nothing is due: {len(chosen)} sources, each every {collect.every_minutes} minutes"
                return facts | {"exit": ExitCode.OK, "reason": "nothing_due", "message": words}
            minutes = opts.budget if opts.budget is not None else collect.budget_minutes
            settings.set("CHRONICLE_BUDGET_SECONDS", minutes * 60, priority="cmdline")
            since = datetime.now(UTC).date() - timedelta(days=collect.window_days)
            ran = run_locked(
                "news",
                settings,
                sources=",".join(facts["due"]),
                routes=",".join(collect.routes),
                since=since.isoformat(),
                conditional="1",
            )
        return facts | _facts(ran)


def _facts(ran: Ran) -> dict[str, Any]:
    return {
        "exit": ran.code,
        "reason": ran.reason,
        "message": ran.message,
        "run": ran.run,
        "outcomes": ran.outcomes,
        "failed_sources": ran.failed_sources,
    }
