"""Which documents a run has read: the end of index loops, and the bound on how many and how deep."""

from __future__ import annotations

from collections import Counter

from pipelines import urls
from pipelines.config import Discover


class Visited:
    """Asked once for each document; answers with the reason why not to fetch it, "" if it should be fetched."""

    def __init__(self, limits: Discover) -> None:
        self._limits = limits
        self._keys: set[str] = set()
        self._taken: Counter[str] = Counter()  # documents by source
        self.refused: Counter[str] = Counter()

    def refuses(self, url: str, source: str, depth: int) -> str:
        """`depth` is 0 for a configured address. Raises `urls.BadUrl`."""
        key = urls.key(url)
        if key in self._keys:
            reason = "seen"
        elif depth > self._limits.index_depth_max:
            reason = "too_deep"
        elif self._taken[source] >= self._limits.documents_max:
            reason = "too_many_documents"
        else:
            self._keys.add(key)
            self._taken[source] += 1
            return ""
        self.refused[reason] += 1
        return reason
