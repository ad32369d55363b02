"""`warchronicle diff` over runs that differ in one rule, over archives and their runs, and its page in a real browser."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.cli.app import run
from pipelines.errors import ExitCode
from tests import archives, warcs
from tests.browser import Browser, chromium

ROOT = Path(__file__).parents[2]
RULE = "kettle"
LINES = {  # what the rule takes, by page
    1: ["The kettle is on in our kitchen, and the door stands open until eight."],
    3: ["The kettle is on in our kitchen again.", "The kettle is on in our kitchen, as ever."],
}
NEAR = "A kettle stood on the stove of the station master, and nobody dared to touch it before the train had left."
EVIL = "He typed <script>document.title = 'broken'</script> & <img src=x onerror=alert(1)> and went home early."

Call = Callable[..., tuple[int, str, str]]


def story(number: int) -> bytes:
    lines = [*archives.SENTENCES, *LINES.get(number, []), NEAR]
    body = "".join(f"<p>{line}</p>" for line in lines).replace("</p>", f" ({number})</p>", 1)
    if number == 3:
        body += f"<p>{EVIL.replace('&', '&amp;').replace('<', '&lt;')}</p>"
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>Story {number}</title></head><body><main><article>'
        f"<h1>Story {number}</h1>{body}</article></main></body></html>"
    ).encode()


@pytest.fixture
def call(capsysbinary) -> Call:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([*map(str, arguments)])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """Rows of one WARC with the shipped rules (a) and with one rule more (b): re-runs, and files of `extract`."""
    folder = tmp_path_factory.mktemp("diff")
    records = [
        warcs.record(n, warcs.response(story(n)), WARC_Target_URI=f"https://www.outlet{n % 2}.org/{n}")
        for n in range(5)
    ]
    (folder / "pages.warc.gz").write_bytes(b"".join(map(warcs.member, records)))
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config/crawl.toml", config)
    shutil.copytree(ROOT / "config/residue", config / "residue")
    english = config / "residue/en.toml"
    rule = (
        f'\n[[rule]]\nname = "{RULE}"\nremoval = "advert"\nstarts = ["the kettle is on in our kitchen"]\n'
        f'examples = ["The kettle is on in our kitchen."]\nkeeps = ["{NEAR}"]\n'
    )
    english.write_text(english.read_text("utf-8") + rule, "utf-8")
    for name, more in (("a", []), ("b", ["--config", str(config)])):
        warc, target = str(folder / "pages.warc.gz"), str(folder / f"{name}.jsonl")
        assert run(["extract", warc, "-o", target, "--jobs", "1", *more]) == ExitCode.OK
        assert run(["rerun", warc, "--out", str(folder / name), "--jobs", "1", *more]) == ExitCode.OK
    return folder


@pytest.mark.parametrize(("a", "b"), [("a", "b"), ("a.jsonl", "b.jsonl"), ("a", "b.jsonl")])
def test_runs_that_differ_in_one_rule_show_exactly_the_blocks_that_it_moved(
    call: Call, runs: Path, tmp_path: Path, a: str, b: str
) -> None:
    code, out, err = call("diff", runs / a, runs / b, "-o", tmp_path / "d.jsonl", "--json")
    assert (code, err) == (ExitCode.DIFFERS, "")
    lines = [json.loads(line) for line in (tmp_path / "d.jsonl").read_text("utf-8").splitlines()]
    assert {line["url"]: [block["text"] for block in line["blocks"]] for line in lines} == {
        f"https://www.outlet1.org/{number}": texts for number, texts in LINES.items()
    }
    for line in lines:
        assert line["causes"] == [f"rule:en:{RULE}"]
        assert line["fields"] == {}
        assert [*line["versions"]] == ["rules_digest"]
        for block in line["blocks"]:
            assert (block["change"], block["rules"]) == ("removed", [f"en:{RULE}"])
            assert block["a"] == block["b"]
            assert block["was"] == {"kept": True, "removal": None, "rule": None, "evidence": None}
    facts = json.loads(out)
    assert facts["records"] == {"gained": 0, "lost": 0, "changed": 2, "unchanged": 3}
    assert facts["causes"][f"rule:en:{RULE}"] == {"records": 2, "blocks": 3}
    assert facts["outlets"] == {
        "outlet1.org": {"gained": 0, "lost": 0, "changed": 2, "unchanged": 0},
        "outlet0.org": {"gained": 0, "lost": 0, "changed": 0, "unchanged": 3},
    }
    assert [*facts["why"]["versions"]] == ["rules_digest"]


def test_the_other_way_round_the_rule_gives_them_back(call: Call, runs: Path) -> None:
    code, out, _ = call("diff", runs / "b.jsonl", runs / "a.jsonl", "--json")
    assert code == ExitCode.DIFFERS
    assert json.loads(out)["blocks"] == {"restored": 3}
    assert json.loads(out)["causes"][f"rule:en:{RULE}"]["blocks"] == 3


def test_the_summary_tells_why_before_what(call: Call, runs: Path) -> None:
    code, out, err = call("diff", runs / "a.jsonl", runs / "b.jsonl")
    assert code == ExitCode.DIFFERS
    lines = out.splitlines()
    assert lines[1].startswith("rules_digest  sha256:")
    assert ["0", "0", "2", "3"] in [line.split() for line in lines]
    assert f"    removed  en:{RULE}  {LINES[1][0]}" in lines
    assert "\x1b" not in out + err


def test_a_run_and_itself_packed_or_not(call: Call, runs: Path, tmp_path: Path) -> None:
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress((runs / "a.jsonl").read_bytes()))
    code, out, _ = call("diff", runs / "a.jsonl", packed, "-o", tmp_path / "d.jsonl", "--html", tmp_path / "d.html")
    assert code == ExitCode.OK
    assert "the same code, rules and libraries" in out
    assert call("diff", runs / "a", packed)[0] == ExitCode.OK
    assert (tmp_path / "d.jsonl").read_bytes() == b""
    assert (tmp_path / "d.html").is_file()


def test_an_archive_its_run_and_extract_agree(call: Call, tmp_path: Path) -> None:
    archive = archives.make(tmp_path / "archive")
    (warc,) = archive.rglob("*.warc.gz")
    assert call("extract", warc, "--jobs", "1", "-o", tmp_path / "rows.jsonl")[0] == ExitCode.OK
    for one in (archive, archive / "runs/run-1"):
        code, out, _ = call("diff", one, tmp_path / "rows.jsonl", "--json")
        facts = json.loads(out)
        assert (code, facts["records"]["unchanged"]) == (ExitCode.OK, 7), facts
    alone = Path(
        shutil.copytree(archive / "runs/run-1", tmp_path / "run-1")
    )  # without its archive: articles, and skipped
    code, out, _ = call("diff", alone, tmp_path / "rows.jsonl", "--json")
    facts = json.loads(out)
    assert (code, facts["records"]["unchanged"]) == (ExitCode.OK, 7), facts


def test_bad_arguments(call: Call, runs: Path, tmp_path: Path) -> None:
    code, _, err = call("diff", runs / "a.jsonl", tmp_path / "missing")
    assert (code, "no such run" in err) == (ExitCode.INPUT, True)
    code, _, err = call("diff", runs, runs / "a.jsonl")
    assert (code, "no run; name" in err) == (ExitCode.INPUT, True)
    code, _, err = call("diff", runs / "a.jsonl", runs / "pages.warc.gz")
    assert (code, "no row" in err) == (ExitCode.INPUT, True)
    code, _, err = call("diff", runs / "a.jsonl", runs / "b.jsonl", "-o", tmp_path / "no/such/folder")
    assert (code, "can't be written" in err) == (ExitCode.STORAGE, True)
    code, out, err = call("diff", runs / "a.jsonl", runs / "b.jsonl", "-o", "-", "--json")
    assert [json.loads(line)["change"] for line in out.splitlines()] == ["changed"] * 2
    assert json.loads(err)["equal"] is False


# -- the page -----------------------------------------------------------------------------------------------------

SHOWN = "[...document.querySelectorAll('article h2')].map((title) => title.lastChild.data)"


@pytest.fixture(scope="module")
def sheet(runs: Path) -> Path:
    """The page of a diff with something of everything."""
    rows = [json.loads(line) for line in (runs / "b.jsonl").read_text("utf-8").splitlines()]
    rows[0]["title"] = "Story zero"
    gone = rows.pop(2)
    new = {**gone, "id": "f" * 16, "url": "https://third.example/new", "title": "Новини <script>"}
    (runs / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, new]), "utf-8")
    assert (
        run(["diff", str(runs / "a.jsonl"), str(runs / "c.jsonl"), "--html", str(runs / "c.html")]) == ExitCode.DIFFERS
    )
    return runs / "c.html"


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser(chromium()) as browser:
        yield browser
        assert browser.complaints == []


def choose(browser: Browser, name: str, value: str) -> list[str]:
    """Choose in one of the filters as a person does; returns the titles that are shown then."""
    browser.evaluate(
        f"(() => {{ const control = document.getElementById({name!r}); control.value = {value!r};"
        f"if (control.value !== {value!r}) throw new Error('no such choice');"
        "control.dispatchEvent(new Event('input', {bubbles: true}));"
        "control.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )
    return browser.evaluate(SHOWN)


def test_the_page_in_a_browser(browser: Browser, sheet: Path) -> None:
    browser.open(sheet)
    everything = ["Story zero", "Story 1", "Story 2", "Story 3", "Новини <script>"]
    assert browser.evaluate(SHOWN) == everything
    assert browser.evaluate("document.getElementById('count').textContent") == "5 differences"
    assert browser.asked == [sheet.as_uri()]
    assert browser.evaluate("document.title") == "What changed between two runs"  # nothing of a page ran
    assert browser.evaluate("document.querySelectorAll('article img, article script').length") == 0

    assert choose(browser, "outlet", "outlet1.org") == ["Story 1", "Story 3"]
    assert choose(browser, "outlet", "") == everything
    assert choose(browser, "change", "gained") == ["Новини <script>"]
    assert choose(browser, "change", "lost") == ["Story 2"]
    assert choose(browser, "change", "field: title") == ["Story zero"]
    assert choose(browser, "change", "block: removed") == ["Story 1", "Story 3"]
    assert choose(browser, "change", "") == everything
    assert choose(browser, "cause", f"rule:en:{RULE}") == ["Story 1", "Story 3"]
    assert choose(browser, "text", "as EVER kitchen") == ["Story 3"]
    assert browser.evaluate("document.getElementById('count').textContent") == "1 of 5 differences"
    assert "text=as+EVER+kitchen" in browser.evaluate("location.hash")
    browser.evaluate("document.querySelector('button[type=reset]').click()")
    browser.wait("document.querySelectorAll('article').length === 5")
    assert choose(browser, "text", "no page says this") == []
    browser.open(sheet, "?again#cause=field%3Atitle")  # a filter can be sent to somebody
    assert browser.evaluate(SHOWN) == ["Story zero"]


def test_side_by_side_with_the_words_that_differ(browser: Browser, sheet: Path) -> None:
    browser.open(sheet)
    rows = browser.evaluate(
        "[...document.querySelectorAll('article')[0].querySelectorAll('tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    assert rows[0] == ["title", "Story 0", "Story zero"]
    marks = "[...document.querySelectorAll('article')[0].querySelectorAll('del, ins')].map((mark) => mark.outerHTML)"
    assert browser.evaluate(marks)[:2] == ["<del>0</del>", "<ins>zero</ins>"]
    row = (
        "[...document.querySelectorAll('article')[1].querySelectorAll('tbody tr')]"
        ".find((row) => row.querySelector('.chip.removed'))"
    )
    assert browser.evaluate(f"{row}.cells[0].textContent").startswith(f"removedby en:{RULE}")
    assert browser.evaluate(f"[...{row}.cells].slice(1).map((cell) => cell.className)") == [
        "paragraph gone", "paragraph off",
    ]  # fmt: skip
    assert "advert" in browser.evaluate(f"{row}.cells[2].textContent")


def test_by_keyboard_and_for_those_who_listen(browser: Browser, sheet: Path) -> None:
    browser.open(sheet)
    focused = "document.activeElement.querySelector('h2')?.lastChild.data"
    browser.key("j")
    assert browser.evaluate(focused) == "Story zero"
    browser.key("j")
    assert browser.evaluate(focused) == "Story 1"
    browser.key("k")
    assert browser.evaluate(focused) == "Story zero"
    browser.key("/")
    assert browser.evaluate("document.activeElement.id") == "text"
    browser.key("j")  # a letter of the search now
    assert browser.evaluate("document.getElementById('text').value") == "j"
    assert browser.evaluate("[...document.querySelectorAll('select, input')].every((one) => one.labels.length === 1)")
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"] for node in tree if "role" in node}
    assert {"main", "search", "form", "table", "columnheader", "rowheader", "article", "heading"} & roles >= {
        "main", "search", "table", "columnheader", "rowheader", "article", "heading",
    }  # fmt: skip
    headings = [node["name"]["value"] for node in tree if node.get("role", {}).get("value") == "heading"]
    assert headings[0] == "What changed between two runs"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_day_and_night(browser: Browser, sheet: Path, scheme: str) -> None:
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(sheet)
    contrasts = browser.evaluate(
        """(() => {
          const light = (colour) => {
            const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255)
              .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ground = (element) => {
            const colour = getComputedStyle(element).backgroundColor;
            return colour === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : colour;
          };
          return [...document.querySelectorAll("h1, th, td, del, ins, .chip, .said, .why, .about, a, dd, dt, label")]
            .filter((element) => element.textContent && element.offsetParent)
            .map((element) => {
              const pair = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
              return [(pair[0] + 0.05) / (pair[1] + 0.05), element.outerHTML.slice(0, 200)];
            });
        })()"""
    )
    assert len(contrasts) > 50
    assert min(contrasts)[0] >= 4.5, min(contrasts)  # WCAG 2.2, 1.4.3


def test_a_narrow_screen_needs_no_scrolling_sideways(browser: Browser, sheet: Path) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=True)
    browser.open(sheet)
    assert browser.evaluate("document.documentElement.scrollWidth") <= 360
