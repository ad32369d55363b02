"""Text from the network, made fit for a terminal and for one line of a log."""

from __future__ import annotations

import unicodedata

#: Control, format (bidirectional overrides too), surrogate and private characters, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def printable(text: str, limit: int = 2000) -> str:
    """`text` with every character that a terminal would obey written as an escape, cut at `limit` characters.

    A terminal never sees ESC, CR, LF, C1 controls or bidirectional overrides of a page; plain text comes back as it is.
    """
    if not text.isprintable():
        text = "".join(_escaped(char) for char in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _escaped(char: str) -> str:
    if char.isprintable() or (unicodedata.category(char) not in _HIDDEN):
        return char
    return char.encode("unicode_escape").decode("ascii")
