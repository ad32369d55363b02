"""What the demo prints of an archive: what was kept, what was not and why, one article, and where site and archive disagree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.model import Outcome
from pipelines.store.catalog import Catalog
from tests.site.model import Expected

#: The article shown: long, with a quote and two lines at its end that are no part of it.
SHOWN = "/world/2022/09/19/izium-school-diary"

_WORDS = {
    "no_text": "hardly any text",
    "not_html": "no HTML page",
    "blocked_page": "a wall against robots",
    "consent_page": "a cookie wall",
    "paywalled": "the free part of a paid article",
    "truncated": "the connection broke off",
    "undecodable": "the body does not decode",
    "duplicate": "the bytes of another page",
    "redirect": "leads elsewhere",
    "http_4xx": "the server says no",
    "http_5xx": "the server failed",
    "robots_disallowed": "robots.txt forbids it",
    "out_of_scope": "another host; never asked",
    "out_of_window": "older than asked for; never asked",
}


def outcomes(catalog: Catalog, urls: Iterable[str]) -> dict[str, tuple[str, str]]:
    """How each URL ended, and the catalog's line on it; "waiting" or "unknown" where it did not end."""
    ended = {}
    for url in urls:
        row = catalog.state(url)
        if row is None:
            ended[url] = "unknown", ""
        else:
            ended[url] = row.outcome.value if row.outcome else row.state.value, row.detail
    return ended


def disagreements(truth: Mapping[str, Expected], ended: Mapping[str, tuple[str, str]]) -> list[str]:
    """The URLs that ended otherwise than the site's truth says, a line each.

    Of two URLs with the same bytes, whichever was fetched first is the article.
    """
    lines = []
    for url, expected in truth.items():
        wanted = {expected.outcome}
        twins = (
            {url, expected.same_as}
            if expected.same_as
            else {url, *(u for u, each in truth.items() if each.same_as == url)}
        )
        if len(twins) == 2:
            wanted = (
                {"article", "duplicate"}
                if sorted(ended[twin][0] for twin in twins) == ["article", "duplicate"]
                else wanted
            )
        if ended[url][0] not in wanted:
            lines.append(f"{url}: {ended[url][0]} ({ended[url][1]}), but it is {expected.outcome}: {expected.note}")
    return lines


def kept_table(truth: Mapping[str, Expected], ended: Mapping[str, tuple[str, str]], names: Mapping[str, str]) -> Table:
    """Outlet by outlet: pages named, kept, and the languages of those kept."""
    table = Table(title="What was kept", title_justify="left", title_style="bold")
    for name, justify in (("outlet", "left"), ("pages", "right"), ("articles kept", "right"), ("languages", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type] # the two words that rich knows
    for outlet, name in names.items():
        mine = [each for each in truth.values() if each.outlet == outlet]
        kept = [each for each in mine if ended[each.url][0] == "article"]
        languages = Counter(each.language for each in kept if each.language)
        spread = ", ".join(f"{language} {count}" for language, count in languages.most_common())
        table.add_row(name, str(len(mine)), str(len(kept)), spread)
    return table


def why_table(ended: Mapping[str, tuple[str, str]]) -> Table:
    """What was not kept, by reason, with one example each."""
    table = Table(title="What was not, and why", title_justify="left", title_style="bold")
    table.add_column("outcome")
    table.add_column("pages", justify="right")
    table.add_column("why")
    table.add_column("for example", overflow="fold")
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for url, (outcome, _) in ended.items():
        if outcome != "article":
            groups[outcome].append(url)
    order = [outcome.value for outcome in Outcome]
    for outcome in sorted(groups, key=lambda name: order.index(name) if name in order else len(order)):
        urls = groups[outcome]
        table.add_row(outcome, str(len(urls)), _WORDS.get(outcome, ended[urls[0]][1]), urlsplit(urls[0]).path)
    return table


def residue_table(catalog: Catalog) -> Table:
    """What was taken out of the articles' texts, by its name, with one line each as it stood."""
    table = Table(title="What was taken out of the texts", title_justify="left", title_style="bold")
    table.add_column("removal")
    table.add_column("blocks", justify="right")
    table.add_column("rule, for example")
    table.add_column("what it took", overflow="fold")
    taken: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in map(orjson.loads, catalog.rows(outcome=Outcome.ARTICLE)):
        for block in row["blocks"]:
            if not block["kept"]:
                taken[block["removal"]].append(block)
    for removal, blocks in sorted(taken.items(), key=lambda item: (-len(item[1]), item[0])):
        shown = min(blocks, key=lambda block: (block["rule"], block["text"]))
        table.add_row(removal, str(len(blocks)), shown["rule"], Text(shown["text"][:90]))
    return table


def text_faults(truth: Mapping[str, Expected], catalog: Catalog) -> list[str]:
    """Articles whose text lacks a sentence of the site's truth, or still has a line that is no part of the article."""
    lines = []
    for row in map(orjson.loads, catalog.rows(outcome=Outcome.ARTICLE)):
        expected = truth.get(row["url"])
        if expected is None or expected.outcome != "article":
            continue
        lines += [f"{row['url']}: lacks {each!r}" for each in expected.sentences if each not in row["text"]]
        lines += [f"{row['url']}: has still {each!r}" for each in expected.residue if each in row["text"]]
    return lines


def article_row(catalog: Catalog) -> dict[str, Any] | None:
    """The JSON row of the article that the demo shows; any article where that one was not kept."""
    rows: list[dict[str, Any]] = [orjson.loads(row) for row in catalog.rows(outcome=Outcome.ARTICLE)]
    return next((row for row in rows if row["url"].endswith(SHOWN)), rows[0] if rows else None)


def show_article(console: Console, row: Mapping[str, Any], outlet: str) -> None:
    """Title, facts with their evidence, where the record lies, and the first paragraphs. Page text is never markup."""
    console.print(Text(row["title"], style="bold"))
    evidence: Mapping[str, Any] = next(iter(row["published_evidence"]), {})
    place = row["provenance"]
    facts = {
        "outlet": outlet,
        "by": ", ".join(row["authors"]) or row["agency"],
        "published": f"{row['published']}  (from {evidence.get('source', 'nothing')})",
        "language": row["language"],
        "URL": row["url"],
        "WARC": f"{place['warc']}, offset {place['offset']}, {place['length']} bytes",
        "record": f"{place['record_id']}, captured {place['captured_at']}",
        "payload": place["payload_digest"],
    }
    for name, value in facts.items():
        console.print(Text().append(f"  {name:<10}", style="dim").append(str(value)))
    console.print()
    lines = row["text"].split("\n")
    for line in lines[:3]:
        console.print(Text(line), soft_wrap=False)
        console.print()
    console.print(
        Text(f"... and {max(0, len(lines) - 3)} more blocks, {len(row['text'])} characters in all", style="dim")
    )
