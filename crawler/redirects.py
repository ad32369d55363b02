"""Where a redirect leads: one reading of it for pages, documents and checks. A redirect is a discovery."""

from __future__ import annotations

from dataclasses import replace

from scrapy.http import Response

from crawler.refusals import Refused
from pipelines import urls
from pipelines.model import Found, Outcome

STATUSES = frozenset({301, 302, 303, 307, 308})  # RFC 9110, section 15.4: those that name one place to go


def target_of(response: Response, found: Found, hops_max: int) -> Found:
    """What a redirect names, with all that was said of `found`. Raises `Refused` if it leads nowhere, or too far."""
    location = response.headers.get("Location") or b""
    if not location.strip():
        raise Refused(Outcome.REDIRECT, "a redirect without Location")
    try:
        url = urls.redirected(location, response.url)
    except urls.BadUrl as error:
        raise Refused(Outcome.REDIRECT, f"a redirect to nowhere: {error}") from None
    if found.hops >= hops_max:
        raise Refused(Outcome.OVER_BUDGET, f"more than {hops_max} redirects")
    return replace(found, url=url, via=found.url, hops=found.hops + 1)
