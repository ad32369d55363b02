"""Runs one spider in this process, under the archive's lock, and says by an exit code how it went."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.project import get_project_settings
from twisted.python.failure import Failure

from crawler.addon import config_folder, read_config
from crawler.extensions.archive import ArchiveExtension, outcomes_of
from crawler.extensions.budget import DISK_FULL, TIME_BUDGET
from crawler.lock import archive_lock
from pipelines.config import Config, load_config
from pipelines.errors import ExitCode, WarchronicleError

#: Finish reasons of a spider, ours and Scrapy's. Any other is a fault.
REASONS = {
    "finished": ExitCode.OK,
    TIME_BUDGET: ExitCode.TIME,
    DISK_FULL: ExitCode.STORAGE,
    "shutdown": ExitCode.INTERRUPTED,  # SIGTERM or SIGINT; what was under way has been finished
    "killed": ExitCode.INTERRUPTED,  # a second signal; files are closed all the same
}

#: They list versions, settings and parts at each start: fifty lines before the first that says something.
_TALKATIVE = ("scrapy.utils.log", "scrapy.addons", "scrapy.crawler", "scrapy.middleware")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a spider's run ended."""

    code: ExitCode
    reason: str  # a key of REASONS, another reason of Scrapy's, or "error"
    message: str = ""  # for people, where something went wrong
    run: str = ""  # run id in the archive
    outcomes: dict[str, int] = field(default_factory=dict)
    failed_sources: dict[str, str] = field(default_factory=dict)  # source -> what went wrong


def project_settings(overrides: Settings | Mapping[str, Any] | None = None) -> Settings:
    """The project's settings with `overrides` on top, and with the config read.

    The config is put in here because Scrapy builds its resolver from these settings, before any add-on. Raises
    `ConfigError`.
    """
    if isinstance(overrides, Settings):
        settings = overrides.copy()
    else:
        settings = get_project_settings()
        settings.setdict(dict(overrides or {}), priority="cmdline")
    if settings.get("CHRONICLE") is None:
        settings.set("CHRONICLE", load_config(config_folder(settings)), priority="cmdline")
    return settings


def crawl_settings(overrides: Settings | Mapping[str, Any] | None = None) -> Settings:
    """`project_settings` with the sources read, and refused now if a crawl with them would be refused.

    What is wrong with the config is said before the archive is touched. Raises `ConfigError`.
    """
    settings = project_settings(overrides)
    config, sources = read_config(settings)
    settings.set("CHRONICLE", config, priority="cmdline")
    settings.set("CHRONICLE_SOURCES", sources, priority="cmdline")
    return settings


def archive_of(settings: Settings) -> Path:
    """The folder that a run with these settings writes to."""
    config: Config = settings["CHRONICLE"]
    return Path(settings.get("CHRONICLE_ARCHIVE") or config.archive.path)


def run(spider: str, settings: Settings | Mapping[str, Any] | None = None, /, **arguments: Any) -> ExitCode:
    """Run `spider` to its end, alone in its archive. Errors of the operator are printed, never raised.

    To be called once in a process: Twisted's reactor can't be started again.
    """
    try:
        whole = crawl_settings(settings)
        check: Callable[..., None] | None = getattr(get_spider_loader(whole).load(spider), "check", None)
        if check is not None:
            check(whole, **arguments)
        with archive_lock(archive_of(whole), f"scrapy crawl {spider}"):
            ran = run_locked(spider, whole, **arguments)
    except WarchronicleError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return error.exit_code
    if ran.message:
        sys.stderr.write(f"{ran.message}\n")
    return ran.code


def run_locked(spider: str, settings: Settings, /, **arguments: Any) -> Ran:
    """Run `spider` with settings of `crawl_settings`; the caller holds the archive's lock."""
    process = AsyncCrawlerProcess(settings)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    crawler = process.create_crawler(spider)
    errors: list[WarchronicleError] = []

    def note(failure: Failure) -> None:
        if isinstance(failure.value, WarchronicleError):
            errors.append(failure.value)

    crawler.signals.connect(note, signals.spider_error)
    task = process.crawl(crawler, **arguments)
    # Twisted puts back, when it ends, what it found: nothing may end the process while files are being closed. It is a
    # function, as the workers would inherit SIG_IGN; and at the very end SIG_IGN, as functions die before the process.
    _hold_signals(lambda *_: None)
    process.start()
    interrupted = _close_now(crawler)
    _hold_signals(signal.SIG_IGN)
    if not task.done():
        task.cancel()
    return _ran(crawler, task, errors, interrupted=interrupted)


def _hold_signals(handler: Callable[..., None] | signal.Handlers) -> None:
    """What a signal does outside the reactor's time. Scrapy has its own handlers within it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def _close_now(crawler: Crawler) -> bool:
    """Close what a signal left open: a second one, or one that came while captured pages were being derived.

    True if there was something to close. What is captured and not derived is in the catalog, for the next start.
    """
    archive = _archive(crawler)
    if archive is None or archive.session.closed:
        return False
    archive.session.close(drain=False, reason="killed")
    return True


def _archive(crawler: Crawler) -> ArchiveExtension | None:
    try:
        return crawler.get_extension(ArchiveExtension)
    except RuntimeError:  # it ended before there were extensions
        return None


def _ran(
    crawler: Crawler, task: asyncio.Task[None], errors: list[WarchronicleError], *, interrupted: bool = False
) -> Ran:
    error = task.exception() if task.done() and not task.cancelled() else None
    error = error or (errors[0] if errors else None)
    if isinstance(error, WarchronicleError):
        return Ran(error.exit_code, "error", f"{type(error).__name__}: {error}")
    archive = _archive(crawler)
    if error is not None or archive is None:
        return Ran(ExitCode.FAULT, "error", "".join(traceback.format_exception(error)) if error else "it never began")
    stats = crawler.stats.get_stats()
    reason = "killed" if interrupted else str(stats.get("finish_reason", "killed"))
    code, message = REASONS.get(reason, ExitCode.FAULT), ""
    failed: dict[str, str] = getattr(crawler.spider, "failed_sources", {})
    if storage := stats.get("chronicle/storage_error"):
        code, message = ExitCode.STORAGE, str(storage)
    elif faults := stats.get("spider_exceptions/count"):
        code, message = ExitCode.FAULT, f"{faults} faults in the spider; their tracebacks are in the log"
    elif code is ExitCode.FAULT:
        message = f"ended with {reason!r}; the log says why"
    elif code is ExitCode.OK and failed:
        code = ExitCode.PARTIAL
        message = "\n".join(f"{source}: {detail}" for source, detail in sorted(failed.items()))
    return Ran(
        code,
        reason,
        message,
        run=archive.session.run,
        outcomes=outcomes_of(stats),
        failed_sources=dict(failed),
    )
