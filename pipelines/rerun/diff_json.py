"""A difference as a line of JSON: what `diff -o` writes, documented in docs/reference.md."""

from __future__ import annotations

from typing import Any

from pipelines.rerun.diff_rows import Change, Difference, Pair, Row


def facts(difference: Difference) -> dict[str, Any]:
    """All that differs, and nothing that does not."""
    row = difference.row
    place = row.get("provenance") or {}
    explained = difference.change is Change.CHANGED and bool(difference.blocks)
    return {
        "change": difference.change.value,
        "id": row.get("id") or (difference.before or {}).get("id"),
        "url": row.get("url"),
        "outlet": difference.outlet,
        "captured_at": place.get("captured_at"),
        "a": _side(difference.before),
        "b": _side(difference.after),
        "causes": [*difference.causes],
        "versions": {name: list(values) for name, values in difference.versions.items()},
        "fields": {
            name: {"a": left, "b": right}
            for name, (left, right) in difference.fields.items()
            if not (name == "text" and explained)  # the blocks tell it
        },
        "blocks": [block(pair) for pair in difference.blocks],
    }


def block(pair: Pair) -> dict[str, Any]:
    """A block that changed: as it is in RUN_B (in RUN_A where it is gone), and in `was` what it was before."""
    now = pair.after if pair.after is not None else pair.before
    assert now is not None
    assert pair.change is not None
    was = pair.before if pair.after is not None else None
    return {
        "change": pair.change.value,
        "rules": pair.rules,
        "a": pair.index_before,
        "b": pair.index_after,
        **now,
        "was": None
        if was is None
        else {name: was.get(name) for name in (*was, *now) if was.get(name) != now.get(name)},
    }


def _side(row: Row | None) -> dict[str, Any] | None:
    """Where a run has the record, and how it ended there."""
    if row is None:
        return None
    place = row.get("provenance") or {}
    return {
        "id": row.get("id"),
        "outcome": row.get("outcome"),
        "characters": len(row.get("text") or ""),
        "warc": place.get("warc"),
        "offset": place.get("offset"),
        "length": place.get("length"),
        "record_id": place.get("record_id"),
        "rules_digest": (row.get("processing") or {}).get("rules_digest"),
    }
