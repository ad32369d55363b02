"""What an argument names: files by their content or name, folders walked in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.errors import InputError

WARC_NAMES = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz", ".warc.gz.open")
HTML_NAMES = (".html", ".htm", ".xhtml", ".html.gz", ".htm.gz")
TEXT_NAMES = (".txt", ".text", ".md", ".txt.gz", ".text.gz", ".md.gz")

#: How files begin that hold WARC or ARC records, compressed or not.
_STARTS = (b"WARC/", b"filedesc://")


def refuse_later(name: str) -> None:
    """Raise InputError for inputs that a later version takes."""
    if name.startswith(("s3://", "http://", "https://")):
        raise InputError(f"{name}: only files and folders are read so far; copy it here first")
    if name.lower().endswith(".wacz"):
        raise InputError(f"{name}: WACZ is not read so far; unpack it (it is a zip) and name the WARCs in archive/")


def files(arguments: Iterable[str], names: tuple[str, ...]) -> Iterator[Path]:
    """The files that arguments name: each as it is, folders walked in order for files with one of the endings.

    Raises InputError for what is not there, and for a folder without any such file.
    """
    for argument in arguments:
        refuse_later(argument)
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
