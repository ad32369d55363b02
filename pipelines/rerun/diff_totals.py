"""What two runs differ in, counted: by kind, outlet, cause, field; and what made them differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import orjson

from pipelines.rerun.diff_rows import Change, Difference, Row, flat
from pipelines.rerun.stored import Stored

RECORDS: Final = (*(change.value for change in Change), "unchanged")
SAME: Final = "Both runs were made by the same code, rules and libraries, from WARCs of the same names."
_NAMES_MAX: Final = 5  # of files, for people
#: Kinds of causes, as they are listed: what says most comes first.
_ORDER: Final = ("rule", "extraction", "field", "input", "selection", "record", "version")


@dataclass
class Totals:
    """Counts over two runs; `facts` is what `diff --json` prints."""

    before: Stored
    after: Stored
    rows: list[int] = field(default_factory=lambda: [0, 0])
    records: Counter[str] = field(default_factory=Counter)
    outlets: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    causes: Counter[str] = field(default_factory=Counter)  # records
    caused: Counter[str] = field(default_factory=Counter)  # blocks
    blocks: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    _made_by: tuple[Counter[bytes], Counter[bytes]] = field(default_factory=lambda: (Counter(), Counter()))
    _warcs: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))

    def saw(self, side: int, row: Row) -> None:
        """A row of RUN_A (0) or RUN_B (1)."""
        self.rows[side] += 1
        if processing := row.get("processing"):
            self._made_by[side][orjson.dumps({name: value for name, value in processing.items() if name != "run"})] += 1
        if place := row.get("provenance"):
            self._warcs[side].add(_name(place))

    def unchanged(self, outlet: str) -> None:
        self.records["unchanged"] += 1
        self.outlets[outlet]["unchanged"] += 1

    def add(self, difference: Difference) -> Difference:
        """Count a difference; returns it, its causes named as only the whole runs can tell."""
        self.records[difference.change.value] += 1
        self.outlets[difference.outlet][difference.change.value] += 1
        if difference.change is not Change.CHANGED:
            difference = replace(difference, reason=self._why_only(difference))
        for cause, blocks in difference.causes.items():
            self.causes[cause] += 1
            self.caused[cause] += blocks
        for name, (left, right) in difference.versions.items():
            self.causes[f"version:{name} {short(left)} -> {short(right)}"] += 1
        if difference.change is Change.CHANGED:
            self.blocks.update(pair.change.value for pair in difference.blocks if pair.change)
            self.fields.update(difference.fields.keys())
            if "outcome" in difference.fields:
                left, right = difference.fields["outcome"]
                self.outcomes[str(left), str(right)] += 1
        return difference

    def _why_only(self, difference: Difference) -> str:
        """Why a record is in one run alone, as far as that shows."""
        other = self._warcs[0 if difference.change is Change.GAINED else 1]
        place = difference.row.get("provenance")
        if place and _name(place) not in other:
            return "input"
        return "selection" if "selection" in self.decided else "record"

    @property
    def equal(self) -> bool:
        return not any(self.records[change.value] for change in Change)

    @cached_property
    def decided(self) -> dict[str, list[Any]]:
        """Which records are in a run, and what outlets repeat: where run.json of the two runs disagree on it."""
        left, right = self.before.facts(), self.after.facts()
        found = {}
        if left.keys() & right.keys() >= {"selection"}:
            found["selection"] = [left["selection"], right["selection"]]
        if left.keys() & right.keys() >= {"repeats"}:
            found["repeats"] = [(facts["repeats"] or {}).get("table") for facts in (left, right)]
        return {name: values for name, values in found.items() if values[0] != values[1]}

    @property
    def versions(self) -> dict[str, tuple[list[str], list[str]]]:
        """What differs in what made the rows of the two runs: name: all values in RUN_A, all in RUN_B."""
        left, right = self._values(0), self._values(1)
        names = dict.fromkeys((*left, *right))
        return {
            name: (sorted(left.get(name, ())), sorted(right.get(name, ())))
            for name in names
            if left.get(name) != right.get(name)
        }

    def _values(self, side: int) -> dict[str, set[str]]:
        values: defaultdict[str, set[str]] = defaultdict(set)
        for processing in self._made_by[side]:
            for name, value in flat(orjson.loads(processing)).items():
                values[name].add(value)
        return values

    def facts(self) -> dict[str, Any]:
        """Everything that was counted."""
        return {
            "equal": self.equal,
            "a": self._side(0),
            "b": self._side(1),
            "why": {
                "versions": {name: list(values) for name, values in self.versions.items()},
                **self.decided,
                "warcs_only_in_a": sorted(self._warcs[0] - self._warcs[1]),
                "warcs_only_in_b": sorted(self._warcs[1] - self._warcs[0]),
            },
            "records": {name: self.records[name] for name in RECORDS},
            "outlets": {
                name: {kind: self.outlets[name][kind] for kind in RECORDS}
                for name in sorted(self.outlets, key=lambda name: (-self._differing(name), name))
            },
            "causes": {
                name: {"records": count, "blocks": self.caused[name]}
                for name, count in sorted(
                    _ranked(self.causes), key=lambda item: _ORDER.index(item[0].partition(":")[0])
                )
            },
            "blocks": dict(_ranked(self.blocks)),
            "fields": dict(_ranked(self.fields)),
            "outcomes": [
                {"a": left, "b": right, "records": count}
                for (left, right), count in sorted(self.outcomes.items(), key=lambda item: (-item[1], item[0]))
            ],
        }

    def _differing(self, outlet: str) -> int:
        return sum(self.outlets[outlet][change.value] for change in Change)

    def _side(self, side: int) -> dict[str, Any]:
        run = (self.before, self.after)[side]
        made_by = sorted(self._made_by[side].items(), key=lambda item: (-item[1], item[0]))
        return {
            "run": str(run.path),
            "rows": self.rows[side],
            "complete": run.facts().get("complete", True),
            "processing": [{**orjson.loads(data), "rows": count} for data, count in made_by],
        }


def reasons(facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What differs in what made the two runs, for people: name, as it is in RUN_A, as it is in RUN_B."""
    why = facts["why"]
    rows = [(name, _listed(map(short, a)), _listed(map(short, b))) for name, (a, b) in why["versions"].items()]
    for name in ("selection", "repeats"):
        if name in why:
            left, right = why[name]
            rows.append((name, _said(left), _said(right)))
    sides = facts["a"], facts["b"]
    if not all(side["complete"] for side in sides):
        left, right = ("yes" if side["complete"] else "no: it was stopped" for side in sides)
        rows.append(("complete", left, right))
    for side, letter in enumerate("ab"):
        if names := why[f"warcs_only_in_{letter}"]:
            rows.append(("WARCs", "" if side else _listed(names), _listed(names) if side else ""))
    return rows


def _listed(values: Iterable[str]) -> str:
    names = list(values)
    more = f" and {len(names) - _NAMES_MAX:,} more" if len(names) > _NAMES_MAX else ""
    return ", ".join(names[:_NAMES_MAX]) + more or "none"


def _said(value: object) -> str:
    return short(value) if isinstance(value, str) else orjson.dumps(value).decode()


def _name(place: Mapping[str, Any]) -> str:
    """The WARC's file name: two runs may have found it in two places."""
    name: str = place.get("warc") or ""
    return name.rpartition("/")[2]


def short(value: str) -> str:
    """A version, or the beginning of a digest: for people, who compare a few."""
    return value[: len("sha256:") + 12] if value.startswith("sha256:") else value or "none"


def _kind(cause: tuple[str, int]) -> int:
    return _ORDER.index(cause[0].partition(":")[0])


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
