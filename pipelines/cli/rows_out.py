"""What `export` writes to: a file or a folder that is there when it is whole, or stdout."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Protocol, cast

import click

from pipelines.cli.console import output
from pipelines.export.columns import COLUMNS, Column
from pipelines.export.csv import CsvWriter
from pipelines.export.text import TextWriter, whole_folder
from pipelines.export.values import Row


class Format(StrEnum):
    """What can be written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Shape:
    """What is to be written, and how."""

    form: Format
    target: str
    columns: tuple[Column, ...] | None
    excel: bool
    raw: bool
    head: bool


class Sink(Protocol):
    """What rows are written to."""

    def write(self, row: Row, line: bytes, /) -> None: ...


def check(shape: Shape) -> None:
    """Raise UsageError for options that do not go together."""
    form, columns = shape.form, shape.columns
    if form in (Format.PARQUET, Format.TEXT) and shape.target in ("", "-"):
        raise click.UsageError(f"--format {form} needs -o: it can't be written to stdout")
    if (shape.excel or shape.raw) and form is not Format.CSV:
        raise click.UsageError("--excel and --raw are for --format csv")
    if shape.head and form is not Format.TEXT:
        raise click.UsageError("--with-head is for --format text")
    if columns is not None and form not in (Format.CSV, Format.PARQUET):
        raise click.UsageError("--columns is for --format csv and parquet")
    if columns is not None and form is Format.CSV and (nested := [one.name for one in columns if not one.flat]):
        raise click.UsageError(f"--columns: {nested[0]} is no cell of a table; only parquet has it")


@contextmanager
def open_sink(shape: Shape) -> Iterator[Sink]:
    """What the rows are written to; it is in its place when all went well, and not there at all otherwise."""
    if shape.form is Format.TEXT:
        with whole_folder(Path(shape.target)) as folder:
            yield TextWriter(folder, head=shape.head)
        return
    if shape.form is Format.PARQUET:
        from pipelines.export import parquet  # noqa: PLC0415 - pyarrow comes with an extra, and costs half a second

        with output(shape.target) as file, parquet.writing(file, shape.columns or COLUMNS) as writer:
            yield writer
        return
    with output(shape.target) as plain, _packed(plain, shape.target) as file:
        if shape.form is Format.CSV:
            flat = shape.columns or tuple(column for column in COLUMNS if column.flat)
            yield CsvWriter(file, flat, bom=shape.excel, raw=shape.raw)
        else:
            yield _Lines(file)


class _Lines:
    """JSON Lines: the rows as they are."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, _row: Row, line: bytes) -> None:
        self._file.write(line.rstrip(b"\n") + b"\n")


@contextmanager
def _packed(file: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """The same file, or one that compresses into it where its name says so; no time and no name in its head."""
    if not name.endswith(".gz"):
        yield file
        return
    with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
        yield cast("IO[bytes]", packed)
