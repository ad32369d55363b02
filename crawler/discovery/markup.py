"""The beginning of an XML document, read before any parser is: its DOCTYPE and its root.

An internal subset can hold entity bombs and names of local files, so a document that has one is refused; a plain
DOCTYPE (RSS 0.91 has one) is cut out and never reaches a parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.errors import DocumentError

_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_DECLARATION = re.compile(r"<!(?:ENTITY|ELEMENT|ATTLIST|NOTATION)\b", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][^\s<>/]{0,200})")
_DOCUMENTS = re.compile(r"<\?xml\b|<(?:rss|rdf:RDF|feed|urlset|sitemapindex)\b", re.IGNORECASE)
JUNK_MAX = 4096  # characters before a document that are passed over: a warning of the server's program, say


@dataclass(frozen=True, slots=True)
class Prolog:
    """Where a document starts, where its DOCTYPE stands (an empty range: nowhere), and what its root is called."""

    start: int
    doctype: tuple[int, int]
    root: str  # local name, lower case; "" if no element follows
    html: bool  # <!DOCTYPE html> or an html root


def read_prolog(text: str) -> Prolog:
    """Raises `DocumentError`: "doctype" for an internal subset or a DOCTYPE without an end."""
    start = _start(text)
    at = start
    doctype = (start, start)
    is_html = False
    while True:
        at = text.find("<", at)
        if at < 0:
            return Prolog(start, doctype, "", is_html)
        if text.startswith("<!--", at):
            at = _after(text, "-->", at + 4)
        elif text.startswith("<?", at):
            at = _after(text, "?>", at + 2)
        elif _DOCTYPE.match(text, at):
            end = _after(text, ">", at)
            head = text[at:end]
            is_html = head[9:].rstrip(">").lower().split()[:1] == ["html"]
            if "[" in head or not head.endswith(">"):
                raise DocumentError("doctype", "it has a DOCTYPE with declarations of its own (entities); not read")
            doctype = (at, end)
            at = end
        elif root := _ROOT.match(text, at):
            name = root[1].rpartition(":")[2].lower()
            return Prolog(start, doctype, name, is_html or name == "html")
        elif _DECLARATION.match(text, at):
            raise DocumentError("doctype", "it declares entities or elements of its own; not read")
        else:
            at += 1


def _start(text: str) -> int:
    start = len(text) - len(text.lstrip("\ufeff \t\r\n\x00"))
    if text.startswith("<", start):
        return start
    found = _DOCUMENTS.search(text, start, start + JUNK_MAX)
    return found.start() if found else start


def _after(text: str, mark: str, at: int) -> int:
    end = text.find(mark, at)
    return len(text) if end < 0 else end + len(mark)
