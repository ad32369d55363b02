"""TOML with line numbers: every mistake in a config file is reported with its file and line.

`tomllib` gives no positions, so the line of a key is found by walking the text beside the parsed
value; only what a person would write by hand (tables, arrays of tables, one key a line) is looked for.
"""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigError

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*(?P<quote>["']?)(?P<key>[\w.-]+)(?P=quote)\s*=""")


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """The values and the text of a TOML file. Raises `ConfigError` with file and line."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror})") from error
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise ConfigError(f"{path}:{line}: not TOML: {error}") from None


def line_of(text: str, location: tuple[str | int, ...]) -> int:
    """The line (from 1) where `location`, a path of keys and indexes, is written; the nearest parent's if it is not."""
    table: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        if head := _TABLE.match(line):
            name = head[2].strip().strip("\"'")
            if head[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                table = (*name.split("."), counts[name])
            else:
                table = tuple(name.split("."))
            here = table
        elif entry := _KEY.match(line):
            here = (*table, *entry["key"].split("."))
        else:
            continue
        if len(here) > depth and location[: len(here)] == here:
            best, depth = number, len(here)
    return best


def nearest(name: str, known: list[str]) -> str:
    """The end of a message: did you mean 'x'? where something known is close, else the list of what is known."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else f"; known here: {', '.join(sorted(known))}"
