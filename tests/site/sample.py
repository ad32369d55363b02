"""The sample news site: seven outlets with their pages, feeds and faults on one port, run in a thread.

with SampleSite() as site:
    ... site.port, site.expected(), site.hits ...
"""

from __future__ import annotations

from tests.site.content import SINCE, UNTIL, Content
from tests.site.model import Expected, Reply
from tests.site.outlets import OUTLETS
from tests.site.server import LoopbackServer

__all__ = ["SINCE", "UNTIL", "SampleSite"]


class SampleSite(LoopbackServer):
    """`visit` 2 starts with the edited stories edited, as a second run finds them. Else as `LoopbackServer`."""

    def __init__(self, port: int = 0, visit: int = 1) -> None:
        super().__init__(self._answer_of, [outlet.host for outlet in OUTLETS], port)
        self.content = Content(self.port, visit)

    def base(self, outlet: str) -> str:
        """The address of an outlet by its id, without a slash at its end."""
        return self.content.base(outlet)

    def expected(self) -> dict[str, Expected]:
        """Every page URL that discovery or a redirect can name, with what a crawl of `SINCE` to `UNTIL` makes of it."""
        return self.content.expected()

    def _answer_of(self, host: str, path: str, visit: int) -> Reply:
        return self.content.reply(host, path, visit)
