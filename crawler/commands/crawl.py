"""`scrapy crawl SPIDER`: Scrapy's own command, under the archive's lock and with exit codes that mean something."""

from __future__ import annotations

import argparse

from scrapy.commands.crawl import Command as StockCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from crawler.running import run

EXAMPLES = """\
examples:
  scrapy crawl news -a sources=ua-pravda,de-tagesschau -a since=2022-09-01 -a until=2022-10-15
  scrapy crawl news -a routes=feeds,news_sitemaps
  scrapy crawl urls -a file=list.txt              one URL a line; -a file=- reads stdin
  scrapy crawl urls -a file=list.csv -a column=link

exit codes:
  0 all went well                           7 some sources failed; the others are complete
  4 a config file or argument is refused    8 another crawl is at work in this archive
  5 an input can't be read                 10 SIGTERM or SIGINT; all files are closed
  6 the disk is full or refuses             1 a fault of ours
"""


class Command(StockCommand):
    requires_crawler_process = False  # crawler.running makes its own

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        spiders = get_spider_loader(self.settings).list()
        if len(args) != 1 or args[0] not in spiders:
            given = f"no spider {args[0]!r}; " if len(args) == 1 else ""
            raise UsageError(f"{given}name one of: {', '.join(sorted(spiders))}", print_help=False)
        self.exitcode = run(args[0], self.settings, **opts.spargs)
