"""Robots.txt, Crawl-delay, Retry-After and pauses against real servers, each on an address of its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

from tests.integration.loopback import Hit, Reply, Site, ask, config, crawl

SLACK = 0.03  # seconds; times are taken where a request arrives, and a first one has to connect before
TEXT = {"Content-Type": "text/plain"}
RULES = b"User-agent: *\nDisallow: /no\n"


def robots(body: bytes, status: int = 200, **headers: str) -> Reply:
    return Reply(status, body, TEXT | headers)


def to(location: str, status: int = 302) -> Reply:
    return Reply(status, b"", {"Location": location})


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


def test_robots_txt_of_every_kind_is_obeyed_as_rfc_9309_says():
    answers = iter([Reply(503, b"", {"Retry-After": "1"}), robots(RULES)])
    filler = b"# a line of nothing much\n" * 30_000
    with (
        Site("127.0.0.10") as absent,
        Site("127.0.0.11", {"/robots.txt": robots(b"", 500)}) as broken,
        Site("127.0.0.12", {"/robots.txt": lambda _: next(answers)}) as busy_once,
        Site("127.0.0.13", {"/robots.txt": to("/a"), "/a": to("/b"), "/b": robots(RULES)}) as redirecting,
        Site("127.0.0.14", {"/robots.txt": to("/robots.txt")}) as looping,
        Site("127.0.0.15", {"/robots.txt": robots(RULES + filler + b"Disallow: /late\n")}) as huge,
        Site("127.0.0.16", {"/robots.txt": robots(b"\xef\xbb\xbf" + RULES)}) as marked,
        Site("127.0.0.17", {"/robots.txt": Reply(200, b"<html>User-agent: *\nDisallow: /\n</html>")}) as page,
        Site("127.0.0.18", {"/robots.txt": robots(b"", 429)}) as too_many,
        Site("127.0.0.19", {"/robots.txt": robots(b"", 403)}) as forbidden,
    ):
        gone = Site("127.0.0.20")
        gone.close()
        sites = [absent, broken, busy_once, redirecting, looping, huge, marked, page, too_many, forbidden, gone]
        wishes = [ask(site.url(path)) for site in sites for path in ("/yes", "/no")]
        done = crawl([*wishes, ask(huge.url("/late"))], config(retries=1))

    assert {(site.address, path): done.outcome(site.url(path)) for site in sites for path in ("/yes", "/no")} == {
        ("127.0.0.10", "/yes"): "200",
        ("127.0.0.10", "/no"): "200",
        ("127.0.0.11", "/yes"): "robots_disallowed",
        ("127.0.0.11", "/no"): "robots_disallowed",
        ("127.0.0.12", "/yes"): "200",
        ("127.0.0.12", "/no"): "robots_disallowed",
        ("127.0.0.13", "/yes"): "200",
        ("127.0.0.13", "/no"): "robots_disallowed",
        ("127.0.0.14", "/yes"): "200",
        ("127.0.0.14", "/no"): "200",
        ("127.0.0.15", "/yes"): "200",
        ("127.0.0.15", "/no"): "robots_disallowed",
        ("127.0.0.16", "/yes"): "200",
        ("127.0.0.16", "/no"): "robots_disallowed",
        ("127.0.0.17", "/yes"): "200",
        ("127.0.0.17", "/no"): "200",
        ("127.0.0.18", "/yes"): "robots_disallowed",
        ("127.0.0.18", "/no"): "robots_disallowed",
        ("127.0.0.19", "/yes"): "200",
        ("127.0.0.19", "/no"): "200",
        ("127.0.0.20", "/yes"): "connect_error",
        ("127.0.0.20", "/no"): "connect_error",
    }
    assert done.outcome(huge.url("/late")) == "200", "rules beyond the first 500 KiB are not read"
    assert "unreachable" in done.detail(broken.url("/yes"))
    assert done.results[broken.url("/yes")]["later"], "a later run asks again"
    assert not done.results[redirecting.url("/no")]["later"]
    assert broken.paths() == ["/robots.txt"] * 2, "one retry, no page"
    assert looping.paths().count("/robots.txt") == 6, "five redirects are followed"
    assert busy_once.hits[1].at - busy_once.hits[0].at >= 1.0 - SLACK
    # All of it went through the recorder, and nothing else was asked before it.
    recorded = [row["url"] for row in done.captured if row["role"] == "robots"]
    assert len(recorded) == sum(path in {"/robots.txt", "/a", "/b"} for site in sites for path in site.paths())
    assert all(site.paths()[0] == "/robots.txt" for site in sites if site is not gone)


def test_crawl_delay_holds_from_the_first_page_whatever_autothrottle_thinks():
    with (
        Site("127.0.0.21", {"/robots.txt": robots(b"User-agent: *\nCrawl-delay: 0.8\n")}) as asking,
        Site("127.0.0.22", {"/robots.txt": robots(b"User-agent: warchronicle/1.0\nCrawl-delay: 600\n")}) as greedy,
        Site("127.0.0.23") as own,
        Site("127.0.0.24") as free,
    ):
        wishes = [ask(site.url(f"/{n}")) for site in (asking, greedy, free) for n in range(4)]
        source = {"id": "own", "name": "Own pace", "domain": own.url(), "delay_seconds": 0.6}
        wishes += [ask(own.url(f"/{n}"), "own") for n in range(4)]
        done = crawl(wishes, config(crawl_delay_max=1.2, autothrottle=True, per_host=4), [source])
    assert {done.outcome(wish["url"]) for wish in wishes} == {"200"}
    assert min(gaps(asking.times())) >= 0.8 - SLACK
    assert max(gaps(asking.times())) < 1.5, "and no longer than needed"
    assert 1.2 - SLACK <= min(gaps(greedy.times())) < 1.9
    assert "asks for a Crawl-delay of 600 s" in done.log
    assert min(gaps(own.times("/")[1:])) >= 0.6 - SLACK
    assert free.hits[-1].at - free.hits[0].at < 0.8


def test_a_host_that_says_too_much_is_paused_whole_and_holds_up_nobody():
    """Five busy hosts with ten pages each, two requests at once over all: the free host is done while they pause."""

    def busy_until(seconds: float, **headers: str):
        began: list[float] = []

        def answer(hit: Hit) -> Reply:
            began.append(hit.at)
            if hit.at - began[0] >= seconds:
                return Reply()
            date = format_datetime(datetime.now(UTC), usegmt=True)
            return Reply(429 if "rubbish" in headers.values() else 503, b"", {"Date": date} | headers)

        return answer

    in_3 = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    answers = {
        "127.0.0.31": busy_until(2.5, **{"Retry-After": "3"}),
        "127.0.0.32": busy_until(1.5, **{"Retry-After": in_3}),
        "127.0.0.33": busy_until(0.9, **{"Retry-After": "rubbish"}),
        "127.0.0.34": busy_until(0.9, **{"Retry-After": "-5"}),
        "127.0.0.35": busy_until(0.9),
    }
    busy = [Site(address, {"*": answer}) for address, answer in answers.items()]
    with Site("127.0.0.36") as free, busy[0], busy[1], busy[2], busy[3], busy[4]:
        wishes = [ask(site.url(f"/{n}")) for n in range(10) for site in (*busy, free)]
        wishes += [ask(free.url(f"/more/{n}")) for n in range(10)]
        done = crawl(wishes, config(retries=2, concurrent=2))
    assert {done.outcome(wish["url"]) for wish in wishes} == {"200"}, "each page came once the pause was over"
    for site, least in zip(busy, (3.0, 0.9, 1.0, 1.0, 1.0), strict=True):
        pages = [hit.at for hit in site.hits if hit.path != "/robots.txt"]
        assert pages[1] - pages[0] >= least - SLACK, f"{site.address} was asked again during its pause"
    pause_ends = busy[0].hits[2].at
    assert free.hits[-1].at < pause_ends, "twenty pages of a free host take less than the pause of three seconds"
    assert busy[4].hits[-1].at < pause_ends, "and so do those of a host whose own pause was shorter"


def test_a_host_that_asks_for_ten_years_is_left_for_a_later_run():
    with (
        Site("127.0.0.41", {"*": Reply(503, b"", {"Retry-After": str(10 * 365 * 86_400)})}) as decade,
        Site("127.0.0.42", {"*": Reply(429, b"", {"Retry-After": "9" * 300})}) as for_ever,
        Site("127.0.0.43", {"*": Reply(503, b"", {"Retry-After": "90"})}) as past_the_end,
        Site("127.0.0.44") as free,
    ):
        sites = [decade, for_ever, past_the_end, free]
        began = time.monotonic()
        done = crawl(
            [ask(site.url(f"/{n}")) for site in sites for n in range(3)],
            config(retry_after_max=3600.0),
            settings={"CHRONICLE_BUDGET_SECONDS": 60},
        )
        assert time.monotonic() - began < 20
    for site, status in ((decade, "503"), (for_ever, "429"), (past_the_end, "503")):
        ends = sorted(done.outcome(site.url(f"/{n}")) for n in range(3))
        assert ends == sorted([status, "over_budget", "over_budget"])
        assert len(site.hits) == 2, "robots.txt and one page"
        left = next(row for url, row in done.results.items() if site.address in url and row.get("outcome"))
        assert left["later"]
        assert "left for a later run" in left["detail"]
        retry_at = datetime.fromisoformat(left["retry_at"])
        assert retry_at <= datetime.now(UTC) + timedelta(days=1, seconds=5), (
            "it is looked at again tomorrow at the latest"
        )
    assert {done.outcome(free.url(f"/{n}")) for n in range(3)} == {"200"}


def test_a_dead_host_is_left_alone_after_a_few_tries():
    site = Site("127.0.0.45", {"*": Reply(503, b"")})
    with site:
        wishes = [ask(site.url(f"/{n}")) for n in range(30)]
        done = crawl(wishes, config(retries=10, retry_after_max=0.3), seconds=40)
    assert len(site.hits) == 6, "robots.txt and five pages"
    assert sorted({done.outcome(wish["url"]) for wish in wishes}) == ["503", "over_budget"]


def test_many_slow_hosts_do_not_starve_a_quick_one():
    """Twelve hosts with a long Crawl-delay and pages waiting, three requests at once over all."""
    slow = [Site(f"127.0.0.{n}", {"/robots.txt": robots(b"User-agent: *\nCrawl-delay: 30\n")}) for n in range(50, 62)]
    quick = Site("127.0.0.62")
    for site in (*slow, quick):
        site.__enter__()
    try:
        wishes = [ask(site.url(f"/{n}")) for n in range(3) for site in slow] + [
            ask(quick.url(f"/{n}")) for n in range(60)
        ]
        began = time.monotonic()
        done = crawl(wishes, config(concurrent=3, crawl_delay_max=60.0), settings={"CHRONICLE_BUDGET_SECONDS": 5})
        took = time.monotonic() - began
    finally:
        for site in (*slow, quick):
            site.__exit__()
    assert sum(done.outcome(wish["url"]) == "200" for wish in wishes if quick.address in wish["url"]) == 60
    assert done.reason == "time_budget"
    assert took < 15, "the end does not sit through a Crawl-delay of 30 s"
    assert all(site.paths() == ["/robots.txt"] for site in slow)
