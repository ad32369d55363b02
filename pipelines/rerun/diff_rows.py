"""What differs between two rows of one record: fields, and blocks with the rule that moved each of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from pipelines import urls
from pipelines.rerun import diff_words

Row = Mapping[str, Any]
Blocks = Sequence[Mapping[str, Any]]

#: Keys of a row that say who made it and where it lies: two runs may differ in them and agree.
NO_FIELDS: Final = frozenset({"id", "url", "processing", "provenance"})
#: Told by blocks.
_OF_BLOCKS: Final = frozenset({"text", "blocks", "removed"})
_LIKE: Final = 0.5  # share of words that two blocks have in common if one became the other
_PAIRS_MAX: Final = 4096  # of blocks that are held against each other word by word


class Change(StrEnum):
    """What became of a record."""

    GAINED = "gained"  # only RUN_B has it
    LOST = "lost"  # only RUN_A has it
    CHANGED = "changed"


class BlockChange(StrEnum):
    """What became of a block, by what matters most."""

    REMOVED = "removed"  # was kept
    RESTORED = "restored"  # was removed
    RELABELLED = "relabelled"  # removed in both, by another rule or for another reason
    KIND = "kind"  # another kind of block
    TEXT = "text"  # some of its words
    POST = "post"  # what an embedded post says of itself
    EVIDENCE = "evidence"  # the same rule on other evidence
    REORDERED = "reordered"  # stands elsewhere
    ADDED = "added"  # only RUN_B has it, kept or removed
    DROPPED = "dropped"  # only RUN_A has it


@dataclass(frozen=True, slots=True)
class Pair:
    """A block of RUN_A and what it is in RUN_B; None where it is in one of them only. Indices count from 0."""

    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    index_before: int | None
    index_after: int | None
    change: BlockChange | None  # None: nothing

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that moved it, RUN_B's first; () if none did: then the extractor read the page otherwise."""
        match self.change:
            case BlockChange.RESTORED:
                sides = [self.before]
            case BlockChange.REMOVED | BlockChange.EVIDENCE:
                sides = [self.after]
            case BlockChange.RELABELLED | BlockChange.KIND:  # a rule can make a line a credit
                sides = [self.after, self.before]
            case _:
                return ()
        return tuple(dict.fromkeys(str(side["rule"]) for side in sides if side and side.get("rule")))


@dataclass(frozen=True)
class Difference:
    """A record that the two runs don't agree on. `before` and `after` are its rows; None where a run has none."""

    change: Change
    before: Row | None
    after: Row | None
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # name: before, after
    pairs: tuple[Pair, ...] = ()  # all blocks of both, in reading order
    reason: str = "record"  # of one that only one run has: "input", "selection", or "record" where that shows neither

    @property
    def row(self) -> Row:
        """The newer row there is."""
        row = self.after if self.after is not None else self.before
        assert row is not None
        return row

    @property
    def outlet(self) -> str:
        return outlet_of(self.row)

    @property
    def blocks(self) -> list[Pair]:
        """Those that changed."""
        return [pair for pair in self.pairs if pair.change]

    @cached_property
    def versions(self) -> dict[str, tuple[str, str]]:
        """What made the two rows, as far as it differs: name: before, after."""
        if self.before is None or self.after is None:
            return {}
        return versions(self.before.get("processing"), self.after.get("processing"))

    @cached_property
    def causes(self) -> dict[str, int]:
        """Why they differ, and how many blocks are concerned: "rule:NAME", "field:NAME", "extraction", or `reason`."""
        if self.change is not Change.CHANGED:
            return {self.reason: len(self.pairs)}
        counts = {f"field:{name}": 0 for name in self.fields if name not in _OF_BLOCKS}
        emptied = not self.before or not self.after or not (self.before.get("blocks") and self.after.get("blocks"))
        for pair in self.blocks:
            for cause in [f"rule:{rule}" for rule in pair.rules] or ["field:outcome" if emptied else "extraction"]:
                counts[cause] = counts.get(cause, 0) + 1
        if not counts:
            counts["extraction"] = 0
        return counts


def outlet_of(row: Row) -> str:
    """The registered domain of a row's page; "" for a file without an address."""
    return urls.site_of(urls.host_of(row.get("url") or "")) or urls.site_of(
        urls.host_of(row.get("canonical_url") or "")
    )


def versions(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, tuple[str, str]]:
    """What differs between the `processing` of two rows: name: before, after."""
    left, right = flat(before), flat(after)
    names = list(dict.fromkeys((*left, *right)))
    return {name: (left.get(name, ""), right.get(name, "")) for name in names if left.get(name) != right.get(name)}


def flat(processing: Mapping[str, Any] | None) -> dict[str, str]:
    """The versions in a row's `processing`, libraries by their names: all but the run."""
    known = {name: value for name, value in (processing or {}).items() if name not in ("run", "libraries")}
    libraries = (processing or {}).get("libraries") or {}
    return {name: str(value) for name, value in (known | libraries).items()}


def compare(before: Row, after: Row) -> Difference | None:
    """What differs between two rows of a record; None if nothing does. One without blocks counts as far as it goes."""
    whole = "blocks" in before and "blocks" in after
    names = [name for name in dict.fromkeys((*after, *before)) if name not in NO_FIELDS | {"blocks", "removed"}]
    if not whole:
        names = [name for name in names if name in before and name in after]
    fields = {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}
    digests = _payload(before), _payload(after)
    if whole and digests[0] != digests[1]:
        fields["payload_digest"] = digests
    if before.get("url") != after.get("url"):
        fields["url"] = before.get("url"), after.get("url")
    pairs = align(before["blocks"] or (), after["blocks"] or ()) if whole else ()
    if not fields and not any(pair.change for pair in pairs):
        return None
    return Difference(Change.CHANGED, before, after, fields, pairs)


def only(change: Change, row: Row) -> Difference:
    """A record that one of the runs does not have."""
    gained = change is Change.GAINED
    shown = {name: value for name, value in row.items() if name not in NO_FIELDS | {"blocks", "removed"}}
    return Difference(
        change,
        None if gained else row,
        row if gained else None,
        {name: (None, value) if gained else (value, None) for name, value in shown.items() if value},
        align((), row.get("blocks") or ()) if gained else align(row.get("blocks") or (), ()),
    )


def _payload(row: Row) -> str | None:
    digest = (row.get("provenance") or {}).get("payload_digest")
    return str(digest) if digest else None


def align(before: Blocks, after: Blocks) -> tuple[Pair, ...]:
    """All blocks of both in reading order, each with its other self: by its text, else by most of its words."""
    left = [block["text"] for block in before]
    right = [block["text"] for block in after]
    at: list[tuple[int | None, int | None]] = []
    for op, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if op == "equal":
            at += zip(range(i, j), range(k, m), strict=True)
        else:
            at += _alike(left, right, range(i, j), range(k, m))
    elsewhere = _elsewhere(left, right, at)
    return tuple(_pairs(before, after, at, elsewhere))


def _alike(
    left: Sequence[str], right: Sequence[str], here: range, there: range
) -> Iterator[tuple[int | None, int | None]]:
    """Blocks between two that both rows have: in order, those that share most of their words belong together."""
    start = there.start
    quick = len(here) * len(there) > _PAIRS_MAX
    for index in here:
        window = range(start, min(there.stop, start + 8)) if quick else range(start, there.stop)
        best = max(window, key=lambda other: (diff_words.likeness(left[index], right[other]), -other), default=None)
        if best is None or diff_words.likeness(left[index], right[best]) < _LIKE:
            yield index, None
            continue
        yield from ((None, other) for other in range(start, best))
        yield index, best
        start = best + 1
    yield from ((None, other) for other in range(start, there.stop))


def _elsewhere(
    left: Sequence[str], right: Sequence[str], at: Sequence[tuple[int | None, int | None]]
) -> dict[int, int]:
    """Blocks that stand in both rows, in another order: index in RUN_A by index in RUN_B."""
    gone: dict[str, list[int]] = {}
    for here, there in at:
        if there is None and here is not None:
            gone.setdefault(left[here], []).append(here)
    found = {}
    for here, there in at:
        if here is None and there is not None and gone.get(right[there]):
            found[there] = gone[right[there]].pop(0)
    return found


def _pairs(
    before: Blocks, after: Blocks, at: Sequence[tuple[int | None, int | None]], elsewhere: Mapping[int, int]
) -> Iterator[Pair]:
    gone = set(elsewhere.values())
    for here, there in at:
        if there is None:
            if here is not None and here not in gone:
                yield Pair(before[here], None, here, None, BlockChange.DROPPED)
            continue
        reordered = here is None and there in elsewhere
        source = elsewhere[there] if reordered else here
        if source is None:
            yield Pair(None, after[there], None, there, BlockChange.ADDED)
            continue
        change = _judge(before[source], after[there]) or (BlockChange.REORDERED if reordered else None)
        yield Pair(before[source], after[there], source, there, change)


def _judge(before: Mapping[str, Any], after: Mapping[str, Any]) -> BlockChange | None:
    if before["kept"] != after["kept"]:
        return BlockChange.RESTORED if after["kept"] else BlockChange.REMOVED
    if not after["kept"] and (before["removal"], before["rule"]) != (after["removal"], after["rule"]):
        return BlockChange.RELABELLED
    for name, change in (
        ("kind", BlockChange.KIND),
        ("rule", BlockChange.RELABELLED),
        ("text", BlockChange.TEXT),
        ("post", BlockChange.POST),
        ("evidence", BlockChange.EVIDENCE),
    ):
        if before.get(name) != after.get(name):
            return change
    return None
