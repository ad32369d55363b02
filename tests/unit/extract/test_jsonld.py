"""JSON-LD as pages carry it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract import jsonld

ARTICLE = {"@type": "NewsArticle", "headline": "Балаклія вільна", "datePublished": "2022-09-10T12:00:00+03:00"}


def headline(*scripts):
    return jsonld.text(jsonld.article(jsonld.read(scripts)).get("headline"))


@pytest.mark.parametrize(
    "value",
    [
        ARTICLE,
        [ARTICLE],
        [{"@type": "WebSite", "name": "x"}, ARTICLE],
        {"@context": "https://schema.org", "@graph": [{"@type": "Organization", "name": "y"}, ARTICLE]},
        {"@type": "WebPage", "mainEntity": ARTICLE},
        {**ARTICLE, "@type": ["Article", "http://schema.org/NewsArticle"]},
        {**ARTICLE, "@type": "schema:NewsArticle"},
    ],
)
def test_where_the_article_stands(value):
    assert headline(json.dumps(value)) == ARTICLE["headline"]


@pytest.mark.parametrize(
    "script",
    [
        "<!--\n" + json.dumps(ARTICLE) + "\n-->",
        "//<![CDATA[\n" + json.dumps(ARTICLE) + "\n//]]>",
        json.dumps(ARTICLE) + ";",
        json.dumps(ARTICLE)[:-1] + ",}",
        json.dumps(ARTICLE, ensure_ascii=False).replace("Балаклія ", "Балаклія\t"),
        json.dumps(ARTICLE).replace('"', "&quot;"),
        json.dumps(ARTICLE)[:-1] + ', "articleBody": "he said "no" and left"}',
        json.dumps(ARTICLE, ensure_ascii=False) + json.dumps({"@type": "x"}),
    ],
)
def test_broken_scripts(script):
    assert headline(script) == ARTICLE["headline"]


def test_salvage_finds_author_and_date_too():
    broken = '{"@type":"NewsArticle","headline":"T","author":[{"@type":"Person","name":"Олена Коваль"}],"datePublished":"2022-09-10","x":}'
    found = jsonld.article(jsonld.read([broken]))
    assert jsonld.texts(found["author"]) == ["Олена Коваль"]
    assert found["datePublished"] == "2022-09-10"


def test_escaped_twice():
    assert headline(json.dumps({**ARTICLE, "headline": "Q&amp;amp;A &#8211; Ізюм"})) == "Q&A – Ізюм"


def test_references_by_id():
    graph = {"@graph": [{**ARTICLE, "author": {"@id": "#a"}}, {"@type": "Person", "@id": "#a", "name": "Олена Коваль"}]}
    assert jsonld.texts(jsonld.article(jsonld.read([json.dumps(graph)]))["author"]) == ["Олена Коваль"]


def test_among_several_articles_the_one_of_this_page():
    other = {**ARTICLE, "headline": "Other", "url": "https://x.example/other"}
    mine = {**ARTICLE, "mainEntityOfPage": {"@id": "https://x.example/mine/"}}
    nodes = jsonld.read([json.dumps([other, mine])])
    assert jsonld.article(nodes, "https://x.example/mine")["headline"] == ARTICLE["headline"]


def test_articles_of_lists_are_not_the_article():
    items = {"@type": "ItemList", "itemListElement": [ARTICLE]}
    assert jsonld.article(jsonld.read([json.dumps(items)])) == {}


def test_depth_and_size_are_bounded():
    assert jsonld.read(["[" * 100_000 + "]" * 100_000]) == ()
    assert len(jsonld.read([json.dumps([ARTICLE] * 5000)])) == jsonld.NODES_MAX


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["@type", "@id", "@graph", "headline", "author", "name", "x"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(JSON, st.integers(0, 200), st.text(max_size=5))
@settings(max_examples=200, deadline=None)
def test_no_value_raises(value, position, junk):
    script = json.dumps(value)
    for variant in (script, script[:position] + junk + script[position:]):
        for node in jsonld.read([variant]):
            jsonld.types(node)
            jsonld.texts(dict(node))
        jsonld.article(jsonld.read([variant]), "https://x.example/a")
