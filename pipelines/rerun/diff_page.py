"""Differences as one HTML file for people: it needs no network, and takes no word of a page for markup."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

import orjson

from pipelines.rerun import diff_head, diff_words
from pipelines.rerun.diff_rows import Change, Difference, Pair
from pipelines.rerun.diff_totals import Totals, short

BYTES_MAX: Final = 24 << 20  # of all differences shown
_RECORD_MAX: Final = 200_000  # characters of one difference
_CONTEXT: Final = 1  # blocks shown at either side of one that changed
_VALUE_MAX: Final = 2_000  # characters of a field's value
_IN_SHORT: Final = frozenset({"title", "authors", "published", "language", "outcome", "detail"})  # of a row on its own
_HERE: Final = Path(__file__).parent / "page"


class Page:
    """Takes differences until it is full; the rest is counted. `limit`: how many it shows at most."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._room = BYTES_MAX
        self._shown: list[bytes] = []
        self._total = 0

    def add(self, difference: Difference) -> None:
        self._total += 1
        if len(self._shown) + 1 < self._total or len(self._shown) >= self._limit:
            return  # once one is left out, the page ends there: what it shows are the first ones
        data = orjson.dumps(_described(difference))
        if len(data) <= self._room:
            self._room -= len(data)
            self._shown.append(data)

    def html(self, totals: Totals) -> bytes:
        """The whole page, UTF-8."""
        style = (_HERE / "diff.css").read_text("utf-8")
        script = (_HERE / "diff.js").read_text("utf-8")
        facts = totals.facts()
        left = self._total - len(self._shown)
        note = (
            f"This page shows the first {len(self._shown):,} of {self._total:,} differences; "
            "the totals count all of them, and diff -o FILE writes each."
            if left
            else ""
        )
        # In JSON, "<" stands in strings only: escaped, nothing in them can end the script or begin a comment.
        data = (b"[" + b",".join(self._shown) + b"]").replace(b"<", b"\\u003c").decode()
        page = Template((_HERE / "diff.html").read_text("utf-8")).substitute(
            policy=_policy(style, script),
            style=style,
            script=script,
            runs=diff_head.runs(facts),
            why=diff_head.why(facts),
            totals=diff_head.totals(facts),
            note=f'<p class="note">{escape(note)}</p>' if note else "",
            data=data,
        )
        return page.encode("utf-8", "replace")


def _described(difference: Difference) -> dict[str, Any]:
    """What the page's script shows of a difference."""
    row, before, after = difference.row, difference.before or {}, difference.after or {}
    title = row.get("title") or (before.get("title") if before else None) or row.get("url") or row.get("id")
    return {
        "change": difference.change.value,
        "id": row.get("id") or before.get("id"),
        "url": row.get("url"),
        "outlet": difference.outlet,
        "title": _cut(title),
        "language": row.get("language"),
        "captured": (row.get("provenance") or {}).get("captured_at"),
        "outcome": [before.get("outcome"), after.get("outcome")],
        "place": [_place(before), _place(after)],
        "causes": [*difference.causes],
        "versions": [f"{name} {short(a)} → {short(b)}" for name, (a, b) in difference.versions.items()],
        "fields": [*_fields(difference)],
        "kinds": sorted({pair.change.value for pair in difference.blocks if pair.change}),
        "blocks": _blocks(difference.pairs),
    }


def _fields(difference: Difference) -> Iterator[list[Any]]:
    """Name, value in RUN_A, value in RUN_B, and where both are there, the words that differ."""
    changed = difference.change is Change.CHANGED
    for name, (left, right) in difference.fields.items():
        if (name == "text" and difference.blocks) or not (changed or name in _IN_SHORT):
            continue
        before, after = _value(left), _value(right)
        yield [name, before, after, diff_words.compare(before, after) if before and after else None]


def _value(value: object) -> str | None:
    """A field's value as text for people, no longer than a page can show."""
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, list):
        return _cut("\n".join(_item(part) for part in value))
    return _cut(_item(value))


def _item(value: object) -> str:
    if isinstance(value, Mapping) and {"value", "source", "confidence"} <= value.keys():
        note = f": {value['note']}" if value.get("note") else ""
        return f"{value['value']}  [{value['source']} {value['confidence']:.2f}{note}]"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_item(part)}" for name, part in value.items() if part is not None)
    if isinstance(value, list):
        return ", ".join(map(_item, value))
    return str(value)


def _cut(value: object, most: int = _VALUE_MAX) -> str:
    text = str(value or "")
    return text if len(text) <= most else f"{text[:most]} … ({len(text) - most:,} more characters)"


def _blocks(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Blocks that changed, with those beside them; `skip` counts what lies between, `cut` what there is no room for."""
    near = {
        index + step
        for index, pair in enumerate(pairs)
        if pair.change
        for step in range(-_CONTEXT, _CONTEXT + 1)
        if 0 <= index + step < len(pairs)
    }
    shown: list[dict[str, Any]] = []
    room, last = _RECORD_MAX, -1
    for index in sorted(near):
        if index - last > 1:
            shown.append({"skip": index - last - 1})
        made = _block(pairs[index])
        room -= sum(len(side["text"]) for side in (pairs[index].before, pairs[index].after) if side)
        if room < 0:
            shown.append({"cut": len([other for other in near if other >= index])})
            return shown
        shown.append(made)
        last = index
    if near and len(pairs) - last > 1:
        shown.append({"skip": len(pairs) - last - 1})
    return shown


def _block(pair: Pair) -> dict[str, Any]:
    before, after = pair.before, pair.after
    now = after if after is not None else before
    assert now is not None
    said: dict[str, Any] = {"change": pair.change, "rules": pair.rules, "a": _side(before), "b": _side(after)}
    if before is not None and after is not None and before["text"] != after["text"]:
        said["words"] = diff_words.compare(before["text"], after["text"])
    else:
        said["text"] = now["text"]
    return said


def _side(block: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if block is None:
        return None
    known = {name: block.get(name) for name in ("kind", "removal", "rule", "evidence") if block.get(name)}
    post = block.get("post")
    return {**known, "kept": block["kept"], **({"post": " ".join(filter(None, post.values()))} if post else {})}


def _place(row: Mapping[str, Any]) -> str | None:
    place = row.get("provenance")
    return f"{place.get('warc')} at {place.get('offset')}" if place else None


def _policy(style: str, script: str) -> str:
    """Nothing but this very style and script may take effect, and nothing may be fetched (CSP level 3)."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; script-src 'sha256-{digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
