"""The head of the page for people: the two runs, why they differ, and what was counted, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from pipelines.rerun.diff_totals import RECORDS, SAME, reasons, short

_ROWS_MAX: Final = 200  # of a table


def runs(facts: Mapping[str, Any]) -> str:
    """Which runs they are, and what made them."""
    rows = [
        (f"Run {name.upper()}", facts[name]["run"], facts[name]["rows"], _made_by(facts[name]["processing"]))
        for name in ("a", "b")
    ]
    return _table("", ("", "Where", "Rows", "Made by"), rows, "runs")


def _made_by(processing: Sequence[Mapping[str, Any]]) -> str:
    if not processing:
        return "not said"
    first = processing[0]
    rules = short(str(first.get("rules_digest") or ""))
    more = f"; and {len(processing) - 1} other sets of versions" if len(processing) > 1 else ""
    return f"warchronicle {first.get('warchronicle')}, {first.get('extractor')}, rules {rules}{more}"


def why(facts: Mapping[str, Any]) -> str:
    """What differs in what made them."""
    rows = reasons(facts)
    if not rows:
        return f"<p>{SAME}</p>"
    return _table("", ("What differs between the runs", "Run A", "Run B"), rows)


def totals(facts: Mapping[str, Any]) -> str:
    """What was counted."""
    records = "".join(
        f'<div class="{name}"><dt>{name}</dt><dd>{facts["records"][name]:,}</dd></div>' for name in RECORDS
    )
    parts = [f'<dl class="figures">{records}</dl>']
    outlets = [(name or "(no address)", *counts.values()) for name, counts in facts["outlets"].items()]
    causes = [(name, each["records"], each["blocks"]) for name, each in facts["causes"].items()]
    outcomes = [(f"{each['a']} → {each['b']}", each["records"]) for each in facts["outcomes"]]
    for title, head, rows in (
        ("By outlet", ("outlet", *RECORDS), outlets),
        ("By cause", ("cause", "records", "blocks"), causes),
        ("Other outcome", ("outcome", "records"), outcomes),
    ):
        if rows:
            parts.append(_table(title, head, rows[:_ROWS_MAX], "counts"))
    return "".join(parts)


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]], kind: str = "") -> str:
    def cell(value: object) -> str:
        if isinstance(value, int):
            return f'<td class="number">{value:,}</td>'
        return f'<td dir="auto">{escape(str(value or ""))}</td>'

    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row" dir="auto">{escape(str(first or ""))}</th>{"".join(map(cell, rest))}</tr>'
        for first, *rest in rows
    )
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    return f'<table class="{kind}">{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
