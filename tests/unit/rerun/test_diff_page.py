"""The page for people: bounded, self-contained, and no word of a page is markup in it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest

from pipelines.rerun import diff_page
from pipelines.rerun.diff_page import Page
from pipelines.rerun.diff_rows import Change, Difference, compare, only
from pipelines.rerun.diff_totals import Totals
from pipelines.rerun.stored import stored
from tests.unit.rerun.test_diff import row, write
from tests.unit.rerun.test_diff_rows import block

EVIL = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)> & \"quoted\" 'too'"


def page(folder: Path, *differences: Difference, limit: int = 1000) -> str:
    one, other = (stored(write(folder / name, [row(1)])) for name in ("<b>a", "b"))
    totals = Totals(one, other)
    shown = Page(limit)
    for difference in differences:
        shown.add(totals.add(difference))
    return shown.html(totals).decode()


def held(html: str) -> list[dict]:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    return orjson.loads(data)


def changed(number: int, text: str = "Share this", **changes: object) -> Difference:
    before = row(number, blocks=[block("Before."), block(text), block("Behind.")])
    after = row(number, blocks=[block("Before."), block(text, "en:share"), block("Behind.")], **changes)
    found = compare(before, after)
    assert found
    return found


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(html: str) -> list[tuple[str, dict]]:
    parser = Elements()
    parser.feed(html)
    return parser.found


def test_what_pages_say_never_becomes_markup(tmp_path: Path) -> None:
    harmless = changed(1, title="New")
    evil = changed(1, EVIL, title=EVIL, url=f"javascript:{EVIL}", detail=EVIL, outcome=EVIL)
    html = page(tmp_path, evil)
    assert [tag for tag, _ in elements(html)].count("script") == 2  # the data and ours
    assert not [attributes for _, attributes in elements(html) if any(name.startswith("on") for name in attributes)]
    assert {tag for tag, _ in elements(html)} == {tag for tag, _ in elements(page(tmp_path, harmless, evil))}
    (shown,) = held(html)
    assert shown["title"] == EVIL  # and nothing of it is lost
    assert EVIL in [field[2] for field in shown["fields"]]
    assert any(EVIL in str(each.get("text")) for each in shown["blocks"])
    assert "&lt;b&gt;a" in html  # the name of a run


def test_it_asks_for_nothing_and_runs_nothing_but_its_own(tmp_path: Path) -> None:
    html = page(tmp_path, changed(1))
    found = elements(html)
    assert not [each for each in found if "src" in each[1] or (each[0] != "a" and "href" in each[1])]
    (policy,) = [attributes["content"] for tag, attributes in found if attributes.get("http-equiv")]
    assert "default-src 'none'" in policy
    for tag, kind in (("style", "style-src"), ("script", "script-src")):
        (code,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
        assert "http:" not in code.replace("^https?:", "")


def test_it_shows_the_first_ones_and_says_so(tmp_path: Path) -> None:
    differences = [changed(number) for number in range(12)]
    html = page(tmp_path, *differences, limit=5)
    assert [each["id"] for each in held(html)] == [f"{number:016x}" for number in range(5)]
    assert "the first 5 of 12 differences" in html
    assert "the first" not in page(tmp_path, *differences)
    assert '<div class="changed"><dt>changed</dt><dd>12</dd></div>' in html


def test_its_size_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff_page, "BYTES_MAX", 100_000)
    long = "A long paragraph of many words. " * 1000  # 32 kB
    differences = [changed(number, f"{long} {number}", title="x" * 9000) for number in range(12)]
    html = page(tmp_path, *differences)
    assert len(html) < 150_000
    assert 1 <= len(held(html)) < 12
    assert f"the first {len(held(html))} of 12" in html


def test_a_record_too_long_to_show_is_cut_and_says_so(tmp_path: Path) -> None:
    blocks = [block(f"Paragraph {number}. " + "word " * 2000) for number in range(60)]
    (shown,) = held(page(tmp_path, only(Change.GAINED, row(1, blocks=blocks))))
    assert shown["blocks"][-1]["cut"] + len(shown["blocks"]) - 1 == 60
    assert len(orjson.dumps(shown)) < 300_000


def test_what_lies_between_changes_is_counted(tmp_path: Path) -> None:
    lines = [block(f"Line {number} of the story.") for number in range(20)]
    other = [block(each["text"], "en:share" if number in (3, 12) else "") for number, each in enumerate(lines)]
    (shown,) = held(page(tmp_path, compare(row(1, blocks=lines), row(1, blocks=other))))
    told = [each.get("skip") or each["text"].split()[1] for each in shown["blocks"]]
    assert told == [2, "2", "3", "4", 6, "11", "12", "13", 6]
    assert [each.get("change") for each in shown["blocks"]].count("removed") == 2


def test_words_are_marked_in_fields_and_blocks(tmp_path: Path) -> None:
    before = row(1, "Bridge opens Monday", blocks=[block("The mayor opened the bridge on Monday.")])
    after = row(1, "Bridge opens Sunday", blocks=[block("The mayor opened the bridge on Sunday.")])
    (shown,) = held(page(tmp_path, compare(before, after)))
    assert shown["fields"][0][3] == [["=", "Bridge opens "], ["-", "Monday"], ["+", "Sunday"]]
    (words,) = [each["words"] for each in shown["blocks"]]
    assert words[1:3] == [["-", "Monday"], ["+", "Sunday"]]
