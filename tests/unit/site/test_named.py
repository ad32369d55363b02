"""Our own discovery reads every document of the sample site and finds exactly the pages that the truth says are named."""

from __future__ import annotations

from collections import defaultdict
from urllib.parse import urlsplit

import pytest

from crawler.discovery.sniff import discover
from pipelines.config import Discover, load_sources
from pipelines.errors import DocumentError
from pipelines.model import Found, Route
from tests.site.configs import write_config
from tests.site.sample import SampleSite
from tests.unit.site.asking import Answer, ask


def fetch(site: SampleSite, url: str) -> Answer:
    parts = urlsplit(url)
    return ask(parts.hostname or "", site.port, parts.path, Accept_Encoding="gzip, br")


def test_discovery_finds_what_is_named_and_no_more(tmp_path):
    named: defaultdict[str, list[Found]] = defaultdict(list)
    refused = []
    with SampleSite() as site:
        for source in load_sources(write_config(tmp_path, site.port, "archive")).values():
            todo = [(url, Route.UNKNOWN) for url in (*source.feeds, *source.news_sitemaps, *source.sitemaps)]
            todo = todo or [(source.domain + "robots.txt", Route.ROBOTS), (source.domain, Route.LINK)]
            while todo:
                url, hint = todo.pop()
                answer = fetch(site, url)
                mime = answer.fields["content-type"]
                try:
                    read = discover(answer.body, url, mime=mime, source=source.id, hint=hint, limits=Discover())
                except DocumentError as error:
                    refused.append((url, error.reason))
                    continue
                for found in read.found:
                    named[found.url].append(found)
                todo += [(document.url, Route.UNKNOWN) for document in read.documents]
        truth = site.expected()
    assert refused == [(f"{site.base('digest')}/feed/", "html_instead")]
    assert set(named) == {url for url, each in truth.items() if each.named}
    for url, each in truth.items():
        if each.named and each.title:
            assert each.title in {found.title for found in named[url]}
            # RSS 1.0 knows one date only (dc:date), which feedparser files under "updated".
            field = "modified" if each.outlet == "kurier" else "published"
            moments = [getattr(found, field) for found in named[url]]
            # In UTC: an article of the small hours would be a day off, and none is.
            assert {moment.date().isoformat() for moment in moments if moment} == {each.date}


@pytest.mark.parametrize("name", ["courier", "digest"])
def test_news_sitemaps_state_the_language(name):
    with SampleSite() as site:
        url = site.base(name) + "/news-sitemap.xml"
        found = discover(fetch(site, url).body, url).found
    assert {each.language for each in found} == {"en"}
    assert {each.route for each in found} == {Route.NEWS_SITEMAP}
