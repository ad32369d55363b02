"""config/sources.toml as it ships: it loads, and says nothing that can't be so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pipelines import urls
from pipelines.config import load_sources

CONFIG = Path(__file__).parents[3] / "config"
ROUTES = ("feeds", "sitemaps", "news_sitemaps")


@pytest.fixture(scope="module")
def sources():
    return load_sources(CONFIG)


def test_it_has_both_drafts(sources):
    assert len(sources) >= 330
    assert sum(1 for source in sources.values() if any(getattr(source, route) for route in ROUTES)) >= 250
    assert {"ua", "ru", "de", "gb", "us", "pl"} <= {source.country for source in sources.values()}


def test_every_address_is_one_and_stands_once(sources):
    for source in sources.values():
        for address in (source.domain, *source.feeds, *source.sitemaps, *source.news_sitemaps):
            assert address.startswith(("http://", "https://")), source.id
            assert urls.normalise(address) == address
    addresses = Counter(
        urls.key(address) for source in sources.values() for route in ROUTES for address in getattr(source, route)
    )
    assert [address for address, count in addresses.items() if count > 1] == []


def test_ids_begin_with_the_country_and_every_fact_has_a_source(sources):
    for source in sources.values():
        assert source.id.startswith((f"{source.country}-", "agg-")), source.id
        assert source.languages, source.id
        assert source.source, source.id
        assert source.confidence in {"high", "medium", "low"}, source.id


def test_the_sources_of_the_readme_have_routes(sources):
    pravda, tagesschau = sources["ua-pravda"], sources["de-tagesschau"]
    assert pravda.feeds
    assert pravda.sitemaps
    assert pravda.news_sitemaps
    assert tagesschau.feeds


def test_archive_patterns_hold_only_known_parts(sources):
    known = {"YYYY", "MM", "DD", "M", "D", "month", "month_fr"}
    for source in sources.values():
        pattern = source.archive_url_pattern
        for one in (pattern,) if isinstance(pattern, str) else pattern:
            parts = {piece.partition("}")[0] for piece in one.split("{")[1:]}
            assert parts <= known, source.id
