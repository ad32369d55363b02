"""What an argument names: files by their content or name, folders walked in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import InputError

WARC_NAMES = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz", ".warc.gz.open")
WACZ_NAMES = (".wacz",)
HTML_NAMES = (".html", ".htm", ".xhtml", ".html.gz", ".htm.gz")
TEXT_NAMES = (".txt", ".text", ".md", ".txt.gz", ".text.gz", ".md.gz")

#: How files begin that hold WARC or ARC records, compressed or not.
_STARTS = (b"WARC/", b"filedesc://")


def refuse_far(name: str) -> None:
    """Raise InputError for what lies elsewhere: only a re-run reads that."""
    if name.startswith(("s3://", "http://", "https://")):
        raise InputError(f"{name}: only files and folders are read here; `warchronicle rerun` reads stores and the web")


def files(arguments: Iterable[str], names: tuple[str, ...]) -> Iterator[Path]:
    """The files that arguments name: each as it is, folders walked in order for files with one of the endings.

    Raises InputError for what is not there, and for a folder without any such file.
    """
    for argument in arguments:
        refuse_far(argument)
        path = Path(argument)
        if path.is_dir():
            found = [p for p in sorted(path.rglob("*")) if p.name.lower().endswith(names) and p.is_file()]
            if not found:
                raise InputError(f"{argument}: no file in it ends in {', '.join(names)}")
            yield from found
        elif path.exists():
            yield path
        else:
            raise InputError(f"{argument}: there is no such file or folder")


def is_wacz(path: Path) -> bool:
    """Whether a file is to be read as a WACZ."""
    return path.name.lower().endswith(WACZ_NAMES)


def opened(path: Path) -> BinaryIO:
    """An input, open. Raises `InputError`."""
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from error
