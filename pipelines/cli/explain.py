"""A page's blocks for people: what was kept and what was removed, by which rule, on what evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.cli.console import printable
from pipelines.model import BODY_KINDS, Article, Block, Derived, Evidence, Outcome, Post

#: A terminal narrower than this has no room for two columns.
COLUMNS_FROM: Final = 72
_COLOURS: Final = {"+": "green", "~": "cyan", "-": "red"}
_LABEL: Final = 10  # columns of the names at the left of the head
_OTHERS: Final = 4  # candidates that were not chosen, shown


def lines(derived: Derived) -> Iterator[str]:
    """The page as lines without colour: head, a line for each block, summary; then an empty line.

    "+" is kept in the text, "~" kept outside of it (captions, credits), "-" removed.
    """
    yield from _heading(derived)
    article = derived.article
    if article is not None:
        yield from (f"{name:<{_LABEL}} {value}" for name, value in _head(article))
        for block in article.blocks:
            yield "  ".join(
                filter(None, (f"{_sign(block)} {_labels(block)}", printable(block.text), _bracketed(block)))
            )
        yield f"= {summary(article)}"
    yield ""


def show(derived: Derived, console: Console) -> None:
    """The page on a terminal: kept text at the left, removed at the right, as wide as the terminal is."""
    for line in _heading(derived):
        console.print(Text(line, style="bold"), soft_wrap=True)
    article = derived.article
    if article is None:
        console.print()
        return
    for name, value in _head(article):
        console.print(Text.assemble((f"{name:<{_LABEL}} ", "dim"), value))
    if console.width >= COLUMNS_FROM:
        console.print(_columns(article))
    else:
        for block in article.blocks:
            console.print(Text(f"{_sign(block)} ", style=_COLOURS[_sign(block)]).append_text(_cell(block)))
    console.print(Text(summary(article), style="bold"))
    console.print()


def summary(article: Article) -> str:
    """How many blocks were kept, of which kinds, and how many removed, by which rules."""
    kept = Counter(block.kind.value for block in article.blocks if block.kept)
    removed = Counter(f"{block.removal} {block.rule}".strip() for block in article.blocks if not block.kept)
    return f"{kept.total()} blocks kept{_counts(kept)}; {removed.total()} removed{_counts(removed)}"


def _counts(counts: Counter[str]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return f" ({', '.join(f'{printable(name)} {count}' for name, count in ranked)})" if ranked else ""


def _heading(derived: Derived) -> Iterator[str]:
    yield "  ".join(filter(None, ("==", printable(derived.id), derived.outcome.value, printable(derived.url))))
    if derived.detail and (derived.article is None or derived.outcome is not Outcome.ARTICLE):
        yield printable(derived.detail)


def _head(article: Article) -> Iterator[tuple[str, str]]:
    """What the row says of the article, with its evidence."""
    yield "title", _stated(article.title, article.title_evidence)
    yield "authors", _stated("; ".join(article.authors), article.authors_evidence)
    yield "published", _stated(article.published, article.published_evidence)
    for evidence in [one for one in article.published_evidence if one.value != article.published][:_OTHERS]:
        yield "", f"not {_evidence(evidence, evidence.value)}"
    agency = (article.agency_evidence,) if article.agency_evidence else ()
    yield "agency", _stated(article.agency, agency)
    if article.categories:
        yield "categories", printable("; ".join(article.categories))
    if article.access:
        cut = "cut: only the free part" if article.access.cut else "whole"
        yield "access", printable(f"{cut} [{'; '.join(article.access.evidence)}]")
    yield "language", article.language or "?"


def _stated(value: str, evidence: tuple[Evidence, ...]) -> str:
    if not value:
        return "?"
    return _evidence(evidence[0], value) if evidence else printable(value)


def _evidence(evidence: Evidence, value: str) -> str:
    note = f": {evidence.note}" if evidence.note else ""
    return printable(f"{value}  [{evidence.source} {evidence.confidence:.2f}{note}]")


def _sign(block: Block) -> str:
    if not block.kept:
        return "-"
    return "+" if block.kind in BODY_KINDS else "~"


def _labels(block: Block) -> str:
    """The kind of a kept block, the removal and the rule of another."""
    return block.kind.value if block.removal is None else f"{block.removal.value}  {printable(block.rule)}".rstrip()


def _bracketed(block: Block) -> str:
    said = block.evidence if not block.kept else _post(block.post)
    return f"[{printable(said)}]" if said else ""


def _post(post: Post | None) -> str:
    return " ".join(filter(None, (post.author, post.handle, post.posted, post.url))) if post else ""


def _columns(article: Article) -> Table:
    table = Table(expand=True, box=None, padding=(0, 1), pad_edge=False)
    table.add_column(Text("kept", style="bold green"), ratio=3, overflow="fold")
    table.add_column(Text("removed", style="bold red"), ratio=2, overflow="fold")
    for block in article.blocks:
        table.add_row(*((_cell(block), "") if block.kept else ("", _cell(block))))
    return table


def _cell(block: Block) -> Text:
    """A block in its column; page text is never read as markup of the terminal."""
    text = Text()
    if block.kept:
        if block.kind.value != "paragraph":
            text.append(f"{block.kind.value}  ", style="bold cyan" if block.kind not in BODY_KINDS else "bold green")
        text.append(printable(block.text), style="dim" if block.kind not in BODY_KINDS else "")
    else:
        text.append(f"{_labels(block)}\n", style="bold red")
        text.append(printable(block.text), style="red")
    if said := _bracketed(block):
        text.append(f"  {said}" if block.kept else f"\n{said}", style="dim italic")
    return text
