"""A moment that notes what it is compared with: so it is known for which other moments the same would have come out.

A page's capture time bounds its dates and is asked nothing else. Where the same page was captured again, its row is
the same if the other moment lies on the same side of every date that the first was held against.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

_STEP: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_EVER: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))

#: What `Watched.replace` may be asked for: the moment without its zone, or the start of its day.
_NAIVE: Final[dict[str, Any]] = {"tzinfo": None}
_NAIVE_DAY: Final[dict[str, Any]] = {**_NAIVE, "hour": 0, "minute": 0, "second": 0, "microsecond": 0}

#: Moments from the first on and before the second.
Span = tuple[datetime, datetime]


class _Notes:
    """What was learnt of a moment by asking it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        self.since, self.until = _EVER

    def before(self, limit: datetime) -> bool:
        """Whether it is earlier than `limit`."""
        if self.moment < limit:
            self.until = min(self.until, limit)
            return True
        self.since = max(self.since, limit)
        return False

    def exact(self) -> None:
        """It was asked what it is."""
        self.since, self.until = self.moment, self.moment + _STEP


class Watched(datetime):
    """A datetime that can be shifted and compared, with its zone and without. To ask anything else is to ask all of it.

    Use `Watched.of`; `span` says for which moments all answers would have been the same.
    """

    _notes: _Notes
    _shift: timedelta

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """`moment` is aware."""
        return cls._made(moment, _Notes(moment), timedelta(0))

    @classmethod
    def _made(cls, moment: datetime, notes: _Notes, shift: timedelta) -> Self:
        made = cls.combine(moment.date(), moment.timetz())
        made._notes, made._shift = notes, shift  # noqa: SLF001 - its own
        return made

    @property
    def span(self) -> Span:
        """The moments that would have been told apart from this one by nothing so far."""
        return self._notes.since, self._notes.until

    def __add__(self, other: timedelta) -> Self:
        return self._made(datetime.__add__(self._plain(), other), self._notes, self._shift + other)

    __radd__ = __add__

    def __lt__(self, other: datetime) -> bool:  # type: ignore[override]  # as datetime does, too
        return self._notes.before(other - self._shift)

    def __le__(self, other: datetime) -> bool:  # type: ignore[override]  # as datetime does, too
        return self._notes.before(other - self._shift + _STEP)

    def __gt__(self, other: datetime) -> bool:  # type: ignore[override]  # as datetime does, too
        return not self <= other

    def __ge__(self, other: datetime) -> bool:  # type: ignore[override]  # as datetime does, too
        return not self < other

    def __eq__(self, other: object) -> bool:
        return isinstance(other, datetime) and self <= other and not self < other

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        self._notes.exact()
        return hash(self._plain())

    def replace(self, *arguments: Any, **named: Any) -> Any:
        """Without its zone, and as the start of its day if that is wanted, it is watched on; else it was told."""
        if arguments or named not in (_NAIVE, _NAIVE_DAY):
            return _told(self).replace(*arguments, **named)
        return Edge.of(self._plain().replace(**named), self._notes, self._shift, day=named != _NAIVE)

    def _plain(self) -> datetime:
        return self._notes.moment + self._shift


class Edge(datetime):
    """A watched moment as htmldate takes one: naive, compared by its year and its timestamp, part of a cache's keys.

    As a key it is nobody but itself: what a cache knows of an equal moment was asked of that one.
    """

    _notes: _Notes
    _shift: timedelta
    _day: bool

    @classmethod
    def of(cls, moment: datetime, notes: _Notes, shift: timedelta, *, day: bool) -> Self:
        """`moment` is naive; with `day` it is the start of a day, and stands for all of it."""
        made = cls.combine(moment.date(), moment.time())
        made._notes, made._shift, made._day = notes, shift, day  # noqa: SLF001 - its own
        return made

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def year(self) -> _Reading:  # type: ignore[override]  # compares as the number does
        return _Reading(self, datetime.year.__get__(self), lambda year: datetime(year, 1, 1, tzinfo=UTC))

    def timestamp(self) -> _Reading:  # type: ignore[override]  # likewise
        return _Reading(self, datetime.timestamp(self), self._of_timestamp)

    def replace(self, *arguments: Any, **named: Any) -> Any:
        if arguments or named != _NAIVE:
            return _told(self).replace(*arguments, **named)
        return self

    def _of_timestamp(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds).replace(tzinfo=UTC)  # noqa: DTZ006 - naive, as what it is held against

    def reaches(self, limit: datetime) -> bool:
        """Whether it is `limit`, or later."""
        if self._day and (start := _start_of_day(limit)) < limit:
            limit = start + _DAY
        return not self._notes.before(limit - self._shift)

    def _plain(self) -> datetime:
        return (self._notes.moment + self._shift).replace(**(_NAIVE_DAY if self._day else _NAIVE))


class _Reading:
    """A number that an edge was asked for; it is compared from below, as a bound is. All else tells the edge."""

    def __init__(self, edge: Edge, value: float, moment: Callable[[Any], datetime]) -> None:
        self._edge, self._value, self._moment = edge, value, moment

    def __ge__(self, other: float) -> bool:
        try:
            return self._edge.reaches(self._moment(other))
        except (ValueError, OverflowError, OSError):  # beyond all years
            return self._value >= other

    def __getattr__(self, name: str) -> Any:
        return getattr(self._told(), name)

    def _told(self) -> float:
        _told(self._edge)
        return self._value

    def __gt__(self, other: float) -> bool:
        return self._told() > other

    def __le__(self, other: float) -> bool:
        return self._told() <= other

    def __lt__(self, other: float) -> bool:
        return self._told() < other

    def __eq__(self, other: object) -> bool:
        return self._told() == other

    def __hash__(self) -> int:
        return hash(self._told())

    def __int__(self) -> int:
        return int(self._told())

    def __index__(self) -> int:
        return operator.index(self._told())  # type: ignore[arg-type]  # a year's; a timestamp has none, as any float

    def __float__(self) -> float:
        return float(self._told())

    def __add__(self, other: float) -> float:
        return self._told() + other

    def __sub__(self, other: float) -> float:
        return self._told() - other

    def __rsub__(self, other: float) -> float:
        return other - self._told()

    __radd__ = __add__

    def __str__(self) -> str:
        return str(self._told())


def _start_of_day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _told(moment: Watched | Edge) -> datetime:
    moment._notes.exact()  # noqa: SLF001 - its other half
    return moment._plain()  # noqa: SLF001


def _telling(name: str) -> Any:
    """A method or property of datetime that tells all of it."""

    def method(self: Watched | Edge, *arguments: object, **named: object) -> object:
        return getattr(_told(self), name)(*arguments, **named)

    def value(self: Watched | Edge) -> object:
        return getattr(_told(self), name)

    return method if callable(getattr(datetime, name)) else property(value)


_TELLING: Final = (
    "year", "month", "day", "hour", "minute", "second", "microsecond", "fold", "timestamp", "timetuple", "utctimetuple",
    "date", "time", "timetz", "isoformat", "astimezone", "strftime", "toordinal", "weekday", "isoweekday", "ctime",
    "isocalendar", "__sub__", "__rsub__", "__str__", "__repr__", "__format__", "__reduce__", "__reduce_ex__",
)  # fmt: skip
_COMPARING: Final = ("__lt__", "__le__", "__gt__", "__ge__", "__add__", "__radd__")
for _name in _TELLING:
    setattr(Watched, _name, _telling(_name))
for _name in {*_TELLING, *_COMPARING} - {"year", "timestamp"}:
    setattr(Edge, _name, _telling(_name))
