"""Dates as pages state them, and as they can't be."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract import dates, facts
from pipelines.extract.page import parse
from tests.unit.extract.samples import EN, TEXTS, page

CAPTURED = datetime(2022, 9, 12, 8, 0, tzinfo=UTC)
PLAIN = "https://news.example.org/balakliia"


def published(html, url=PLAIN, captured=CAPTURED, **found):
    parsed = parse(html)
    return dates.published(parsed, facts.gather(parsed, url), url, captured, **found)


def chosen(html, **more):
    return dates.chosen(published(html, **more))


def meta(content, name="article:published_time"):
    return f'<meta property="{name}" content="{content}">'


def ld(**more):
    import json

    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **more})}</script>'


@pytest.mark.parametrize(
    ("stated", "value"),
    [
        ("2022-09-10T14:30:00+03:00", "2022-09-10T14:30:00+03:00"),
        ("2022-09-10T14:30:00+0300", "2022-09-10T14:30:00+03:00"),
        ("2022-09-10T11:30:00Z", "2022-09-10T11:30:00+00:00"),
        ("2022-09-10T11:30:00.123Z", "2022-09-10T11:30:00+00:00"),
        ("2022-09-10 14:30", "2022-09-10T14:30:00"),
        ("2022-09-10 14:30:00 +0300", "2022-09-10T14:30:00+03:00"),
        ("2022-09-10T00:00:00", "2022-09-10"),
        ("2022-09-10", "2022-09-10"),
        ("20220910", "2022-09-10"),
        ("2022/09/10", "2022-09-10"),
        ("10.09.2022, 14:30", "2022-09-10"),
        ("Sat, 10 Sep 2022 14:30:00 +0300", "2022-09-10T14:30:00+03:00"),
        ("1662809400", "2022-09-10T11:30:00+00:00"),
        ("1662809400000", "2022-09-10T11:30:00+00:00"),
        ("yesterday", ""),
        ("14:30", ""),
        ("2022-13-45", ""),
        ("", ""),
    ],
)
def test_reading(stated, value):
    assert dates.read(stated) == value


@given(st.datetimes(datetime(1992, 1, 1), datetime(2049, 1, 1)), st.integers(-56, 56) | st.none())  # noqa: DTZ001  naive on purpose
def test_iso_round_trip(moment, quarters):
    zone = None if quarters is None else timezone(timedelta(minutes=15 * quarters))
    moment = moment.replace(tzinfo=zone, microsecond=0)
    read = dates.read(moment.isoformat())
    assert datetime.fromisoformat(read) == moment


@given(st.text(max_size=90))
def test_any_text_reads_or_not(text):
    value = dates.read(text)
    assert value == "" or datetime.fromisoformat(value)


def test_every_candidate_stands_there_with_its_source():
    html = page(
        *EN,
        head=ld(datePublished="2022-09-10T14:30:00+03:00") + meta("2022-09-11T09:00:00+03:00"),
        top='<time datetime="2022-09-10">10 September</time>',
    )
    found = published(
        html, url="https://news.example.org/2022/09/10/flag", feed=datetime(2022, 9, 10, 11, 30, tzinfo=UTC)
    )
    assert [(one.source, one.value) for one in found] == [
        ("json-ld:datePublished", "2022-09-10T14:30:00+03:00"),
        ("meta:article:published_time", "2022-09-11T09:00:00+03:00"),
        ("feed", "2022-09-10T11:30:00+00:00"),
        ("url", "2022-09-10"),
        ("time", "2022-09-10"),
    ]
    assert all(one.note == "" for one in found)
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)


@pytest.mark.parametrize(
    ("stated", "note"),
    [
        ("2022-09-20T10:00:00Z", "after capture"),
        ("2099-01-01", "after capture"),
        ("1970-01-01T00:00:00Z", "before the web"),
        ("0001-01-01T00:00:00", "before the web"),
        ("soon", "unreadable"),
    ],
)
def test_absurd_dates_are_noted_and_not_chosen(stated, note):
    found = published(page(*EN, head=ld(datePublished=stated) + meta("2022-09-10T10:00:00Z")))
    assert found[0].value == "2022-09-10T10:00:00+00:00"
    assert note in [one.note for one in found]
    alone = published(page(*EN, head=ld(datePublished=stated)))
    assert dates.chosen(alone) == ""
    assert alone[0].note == note


def test_a_day_ahead_is_a_matter_of_zones():
    assert chosen(page(*EN, head=meta("2022-09-13T01:00:00+12:00"))) == "2022-09-13T01:00:00+12:00"
    assert chosen(page(*EN, head=meta("2022-09-13T09:00:00Z"))) == ""


def test_without_a_capture_the_bound_is_fixed():
    assert chosen(page(*EN, head=meta("2040-01-01")), captured=None) == "2040-01-01"
    (absurd,) = [one for one in published(page(*EN, head=meta("2099-01-01")), captured=None) if one.note]
    assert absurd.note == "absurd"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("uk", "10 вересня 2022, 14:30"),
        ("ru", "10 сентября 2022, 14:30"),
        ("de", "10. September 2022"),
        ("en", "September 10, 2022"),
        ("pl", "10 września 2022"),
        ("fr", "10 septembre 2022"),
        ("es", "10 de septiembre de 2022"),
        ("it", "10 settembre 2022"),
    ],
)
def test_visible_dates(language, text):
    html = page(*TEXTS.get(language, EN), lang=language, top=f'<div class="post-date">{text}</div>')
    found = published(html)
    assert (found[0].value, found[0].source) == ("2022-09-10", "visible")


def test_a_text_means_in_each_language_what_it_means_there():
    """The reader of words remembers texts; what a page of another language made of one must not count."""
    texts = [
        ("en", "03/04/2022"),
        ("de", "03.04.2022"),
        ("uk", "3 квітня 2022"),
        ("pl", "3 kwi 2022"),
        ("", "3 mai 2022"),
    ]
    pages = [page(*EN, lang=language, top=f"<div class='date'>{text}</div>") for language, text in texts]
    alone = [chosen(html) for html in pages]
    assert [chosen(html) for html in reversed(pages * 2)] == list(reversed(alone * 2))


def test_zones_in_words_are_no_matter():
    assert chosen(page(*EN, top="<div class='date'>Sat Sep 10 2022 14:30:00 CST</div>")) == "2022-09-10"


def test_a_year_alone_is_no_day():
    (found,) = published(page(*EN, bottom="<p>© 2021 Example Post, all rights reserved</p>"))
    assert (found.value, found.note) == ("2021-01-01", "only a month or a year stands there")
    for text in ("1 January 2021", "January 1, 2021", "01.01.2021", "2021-01-01"):
        assert chosen(page(*EN, top=f"<div class='date'>{text}</div>")) == "2021-01-01", text


def test_modified():
    html = page(*EN, head=ld(dateModified="2099-01-01") + meta("2022-09-11T10:00:00+03:00", "article:modified_time"))
    assert dates.modified(facts.gather(parse(html), PLAIN), CAPTURED) == "2022-09-11T10:00:00+03:00"


def test_url_dates():
    for path in ("2022/09/10/flag", "news/2022-09-10-flag", "20220910/flag", "a/2022/9/10/"):
        assert chosen(page(*EN), url=f"https://x.example/{path}") == "2022-09-10", path
    for path in ("article-2022091012345", "12022/09/10", "2022/19/10/x"):
        assert all(one.source != "url" or one.note for one in published(page(*EN), url=f"https://x.example/{path}")), (
            path
        )


SHIFTED = """
import datetime, sys, time
shift = float(sys.argv[1])
real_time, real = time.time, datetime.datetime
time.time = lambda: real_time() + shift
class Shifted(real):
    @classmethod
    def now(cls, tz=None): return real.now(tz) + datetime.timedelta(seconds=shift)
    @classmethod
    def today(cls): return real.today() + datetime.timedelta(seconds=shift)
    @classmethod
    def utcnow(cls): return real.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(seconds=shift)
class Day(datetime.date):
    @classmethod
    def today(cls): return (real.today() + datetime.timedelta(seconds=shift)).date()
datetime.datetime, datetime.date = Shifted, Day
sys.path.insert(0, sys.argv[2])
from pipelines.derive import DeriveSettings, derive_html, processing
from pipelines import rows
from tests.unit.extract.samples import EN, article, page
pages = [article("uk"), page(*EN, top="<div class='date'>10 Sep 30</div>"), page(*EN, top="<p class='date'>3. 4. 2041</p>"),
         page(*EN, top="<time>2 hours ago</time>"), page(*EN, top="<div class='date'>vor 3 Tagen</div>", lang="de"),
         page(*EN, top="<meta itemprop='datePublished' content='2041-02-03T10:00:00Z'>"), page("© 2041 Example", *EN)]
for number, html in enumerate(pages):
    row = rows.row(derive_html(html.encode(), id=str(number), url="", settings=DeriveSettings()), processing())
    print(rows.dumps(row).decode())
"""


def test_no_clock_is_read():
    """The same rows today, twenty years ago and in forty years; also in another zone, language and hash order."""
    root = str(Path(__file__).parents[3])
    outputs = set()
    for years, environment in ((0, {}), (-20, {"TZ": "Asia/Tokyo", "LC_ALL": "C"}), (40, {"TZ": "America/New_York"})):
        environment |= {"PYTHONHASHSEED": str(abs(years) + 1), "PATH": os.environ["PATH"]}
        shift = str(years * 365.25 * 86400)
        done = subprocess.run(
            [sys.executable, "-c", SHIFTED, shift, root], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert outputs.pop().count("\n") == 7


@pytest.mark.parametrize(
    "line",
    [
        "10.09.2022",
        "Published: September 10, 2022",
        "Samstag, 10. September 2022, 14:30 Uhr",
        "10 вересня 2022",
        "10 сентября 2022 г.",
        "10 września 2022",
        "10 de septiembre de 2022 | Ann Lee",
        "am 10.09.2022 12:22",
    ],
)
@pytest.mark.parametrize("place", ["behind", "above"])
def test_a_line_near_the_headline(line, place):
    markup = f"<div><span>{line}</span></div>"
    html = page(*EN, title="Flag flies over the town", top=markup if place == "behind" else "")
    if place == "above":
        html = html.replace("<h1>", f"{markup}<h1>")
    html = html.replace("<footer>", "<footer><p>Page of 12.09.2022</p>")
    found = published(html)
    assert (found[0].value, found[0].source, found[0].confidence) == ("2022-09-10", "headline", 0.6)


@pytest.mark.parametrize(
    "text",
    [
        f"<p>The report that was <b>stated on September 9, 2022</b> says that {EN[0]} {EN[2]}</p>",
        "<div>All that happened in the town before and after the 9.9.2022</div>",
        "<div>09/08/2022</div>",
        "<div>2022</div>",
    ],
)
def test_days_that_date_something_else(text):
    found = published(page(*EN, title="Flag flies over the town", top=text))
    assert all(evidence.source != "headline" for evidence in found)


def test_the_line_is_not_asked_where_the_markup_states_a_day():
    html = page(*EN, title="Flag flies over the town", head=meta("2022-09-11"), top="<p>10.09.2022</p>")
    assert [evidence.source for evidence in published(html)] == ["meta:article:published_time"]


@pytest.mark.parametrize(
    ("stated", "day", "chosen_value"),
    [
        ("2022-09-10T02:30:00Z", "2022/09/09", "2022-09-09"),
        ("2022-09-09T22:30:00Z", "2022/09/10", "2022-09-10"),
        ("2022-09-10T12:00:00Z", "2022/09/10", "2022-09-10T12:00:00+00:00"),
        ("2022-09-10T15:00:00Z", "2022/09/09", "2022-09-10T15:00:00+00:00"),
        ("2022-09-10T02:30:00+02:00", "2022/09/09", "2022-09-10T02:30:00+02:00"),
        ("2022-09-10T02:30:00Z", "2022/09/01", "2022-09-10T02:30:00+00:00"),
    ],
)
def test_the_day_of_the_place_stands_in_the_address(stated, day, chosen_value):
    html = page(*EN, head=meta(stated))
    assert chosen(html, url=f"https://news.example.org/{day}/flag") == chosen_value
