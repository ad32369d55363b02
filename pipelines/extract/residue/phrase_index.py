"""Which phrases may match a text: found by words that it must hold, so that the others cost nothing."""

from __future__ import annotations

from collections import defaultdict

from pipelines.extract.residue.phrase_syntax import NUMBER, PREFIX, Keys


class Index:
    """Numbers of entries by a word that a matching text must hold; a text of other words meets none of them."""

    def __init__(self) -> None:
        self._words: defaultdict[str, list[int]] = defaultdict(list)
        self._prefixes: defaultdict[int, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._known: set[str] = set()

    def add(self, number: int, keys: Keys) -> None:
        for word in keys.words:
            self._words[word].append(number)
        for prefix in keys.prefixes:
            self._prefixes[len(prefix)][prefix].append(number)
        self._known |= keys.words

    def find(self, words: set[str]) -> set[int]:
        found: set[int] = set()
        for word in words & self._known:
            found.update(self._words[word])
        for length, prefixes in self._prefixes.items():
            for prefix in {word[:length] for word in words} & prefixes.keys():
                found.update(prefixes[prefix])
        return found


class Openings:
    """An index for each first word, and one for each way in which it may begin."""

    def __init__(self) -> None:
        self._words: defaultdict[str, Index] = defaultdict(Index)
        self._prefixes: defaultdict[str, Index] = defaultdict(Index)

    def add(self, number: int, opens: Keys, keys: Keys) -> None:
        for word in opens.words:
            self._words[word].add(number, keys)
        for prefix in opens.prefixes:
            self._prefixes[prefix].add(number, keys)

    def find(self, first: str, words: set[str]) -> set[int]:
        found: set[int] = set()
        if first in self._words:
            found |= self._words[first].find(words)
        if first[0].isdecimal() and NUMBER in self._words:
            found |= self._words[NUMBER].find(words)
        for length in range(1, PREFIX + 1):
            if (start := first[:length]) in self._prefixes:
                found |= self._prefixes[start].find(words)
        return found
