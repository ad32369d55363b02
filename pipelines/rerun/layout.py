"""What lies where in the folder of a re-run, and how its rows are read; a live run's are read the same way.

- `run.json`: the whole run. It says `"complete": true` once all parts are there.
- `parts/<name>.jsonl.gz`: the rows of one WARC, in record order.
- `parts/<name>.json`: that part's completion mark; without it, the rows are not there.
- `outcomes.jsonl`: a line for each row that is no article.
- `known/`: what is kept so that the run can be taken up or extended; its readers need none of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

import orjson
from isal import igzip, isal_zlib

from pipelines.errors import InputError, StorageError

RUN: Final = "run.json"
OUTCOMES: Final = "outcomes.jsonl"
PARTS: Final = "parts"
KNOWN: Final = "known"
ROWS: Final = ".jsonl.gz"
MARK: Final = ".json"
_LIVE: Final = "articles.jsonl.gz"  # of a live run's folder: runs/<id>/ of an archive
# isal's stub declares an instance where the class is
_UNREADABLE: Final[tuple[type[Exception], ...]] = (OSError, EOFError, isal_zlib.error)  # type: ignore[assignment]
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A part that is done."""

    name: str
    rows: Path
    mark: dict[str, Any]  # see docs/reference.md, "The folder of a re-run"


def rows_path(run: Path, name: str) -> Path:
    return run / PARTS / f"{name}{ROWS}"


def mark_path(run: Path, name: str) -> Path:
    return run / PARTS / f"{name}{MARK}"


def is_rerun(run: Path) -> bool:
    """Whether a folder is one of a re-run, finished or not."""
    return (run / PARTS).is_dir()


def read_run(run: Path) -> dict[str, Any]:
    """run.json of a re-run or of a live run; {} if it is not there yet. Raises `InputError` for a broken one."""
    path = run / RUN
    return _json(path) if path.is_file() else {}


def parts(run: Path) -> list[Sealed]:
    """The parts of a re-run that are done, by name. Raises `InputError` for a mark that can't be read."""
    marks = sorted((run / PARTS).glob(f"[!.]*{MARK}"), key=lambda path: path.name)
    return [Sealed(name, rows_path(run, name), _json(path)) for path in marks if (name := path.name.removesuffix(MARK))]


def rows_of(run: Path) -> Iterator[dict[str, Any]]:
    """The rows of a run, whatever keeps them: a folder of a re-run, of a live run (articles only), a file of rows.

    Parts come by name, records in file order. Raises `InputError` for what is none of these.
    """
    for line in lines_of(run):
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{run}: a line is no row ({error}): {line[:80]!r}") from error
        if not isinstance(row, dict):
            raise InputError(f"{run}: a line is no row: {line[:80]!r}")
        yield row


def lines_of(run: Path) -> Iterator[bytes]:
    """The same, as the lines that they are, without their line ends."""
    if run.is_dir():
        if is_rerun(run):
            for part in parts(run):
                yield from _lines(part.rows)
        elif (run / _LIVE).is_file():
            yield from _lines(run / _LIVE)
        else:
            raise InputError(f"{run}: no run; name a re-run's --out folder, an archive's runs/<id>, or a file of rows")
    elif run.exists():
        yield from _lines(run)
    else:
        raise InputError(f"{run}: there is no such run or file")


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            lines: BinaryIO = file
            if file.peek(2).startswith(_GZIP):
                # thrice as fast as zlib
                lines = cast("BinaryIO", igzip.IGzipFile(fileobj=file))  # type: ignore[no-untyped-call]
            for line in lines:
                if text := line.rstrip(b"\r\n"):
                    yield text
    except _UNREADABLE as error:
        raise InputError(f"{path}: can't be read ({error})") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        value = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise InputError(f"{path}: can't be read ({error})") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected an object")
    return value


def dump(value: object) -> bytes:
    """A mark or run.json as bytes: keys in the order given, indented, a line end."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when all of it is on the disk. Raises `StorageError`."""
    growing = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with growing.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        growing.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: can't be written ({error.strerror or error})") from error
    finally:
        growing.unlink(missing_ok=True)
