"""`warchronicle`: the group of verbs, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import click

from pipelines import __version__
from pipelines.cli.console import say
from pipelines.errors import ExitCode, WarchronicleError

VERBS = ("extract", "rerun", "verify", "export", "status", "diff", "show")

_STORAGE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG)


class Verbs(click.Group):
    """Loads a verb's file when it is called: `status` needs none of the libraries of `extract`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def invoke(self, ctx: click.Context) -> object:
        try:
            code: object = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read us has had enough: `| head`
            _mute()
            return ExitCode.OK
        return code

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"pipelines.cli.{name}").command
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="warchronicle")
def app() -> None:
    """Clean text from web archives, and archives that can be trusted.

    \b
      warchronicle extract page.html          one saved page -> one line of JSON
      warchronicle extract crawl.warc.gz      every page of a WARC, anybody's
      warchronicle verify archive/            is every record still what it was?
      warchronicle status archive/            what a crawl has brought so far

    The crawl itself is Scrapy's: scrapy crawl news. Exit codes are listed in docs/reference.md.
    """  # noqa: D301 - to click, \b is the character: leave the lines as they are


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a verb and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run a verb; returns its exit code (`ExitCode`). A fault of ours is raised, with its traceback."""
    try:
        code = app.main(arguments, prog_name="warchronicle", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("interrupted; what was written is whole")
        return ExitCode.INTERRUPTED
    except OSError as error:
        if error.errno not in _STORAGE:
            raise
        _mute()
        say(f"error: the output can't be written ({error.strerror})")
        return ExitCode.STORAGE
    except WarchronicleError as error:
        say(f"error: {error}")
        return error.exit_code
    return int(code or ExitCode.OK)


def _mute() -> None:
    """Let stdout go nowhere, or Python complains once more when it flushes at exit."""
    with suppress(OSError, ValueError):  # a stdout that is no file needs none of this
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
