"""What commands print with: tables and bars on a terminal, plain facts in a pipe, never a character that steers it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pipelines.errors import StorageError

# Control characters, line separators and direction marks: a URL or a file name must not move the cursor.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

Row = Sequence[object]


def printable(text: str) -> str:
    """One line for a terminal: whatever could steer it is shown as an escape."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)


def say(message: str) -> None:
    """A line for people, on stderr."""
    click.echo("\n".join(printable(line) for line in message.splitlines()), err=True)


def print_json(facts: object, *, err: bool = False) -> None:
    """Facts for programs, on stdout unless that holds results."""
    click.echo(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode(), err=err)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", err: bool = False
) -> None:
    """A table; numbers to the right, and in a pipe no narrower than its cells."""
    table = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    cells = [list(row) for row in rows]
    for index, name in enumerate(columns):
        numeric = bool(cells) and all(isinstance(row[index], int) for row in cells)
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else printable(str(cell))) for cell in row))
    console = Console(stderr=err, highlight=False)
    if console.is_terminal:
        console.print(table)
        return
    console.width = 10_000
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()), err=err)


@contextmanager
def progress(description: str, total: int | None, *, hidden: bool = False) -> Iterator[Progress]:
    """A progress bar on stderr while stderr is a terminal, else nothing. Task 0 is the bar.

    `hidden`: the results themselves go to the terminal, and are progress enough.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=hidden or not console.is_terminal, transient=True) as bar:
        bar.add_task(description, total=total)
        yield bar


@contextmanager
def output(path: str) -> Iterator[IO[bytes]]:
    """Where results go: stdout for "" or "-", else a file that appears under its name only when it is whole."""
    if path in ("", "-"):
        stream = sys.stdout.buffer
        yield stream
        stream.flush()
        return
    target = Path(path)
    part = target.with_name(f".{target.name}.part")
    try:
        file = part.open("wb")
    except OSError as error:
        raise StorageError(f"{path}: can't be written ({error.strerror})") from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise StorageError(f"{path}: can't be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)


def outcomes_table(counts: Mapping[str, int], title: str, *, err: bool = False) -> None:
    """Outcomes and how many there are, most frequent first."""
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    print_table(("outcome", "count"), rows, title=title, err=err)
