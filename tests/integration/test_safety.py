"""What a hostile page or server can't make the crawl do: go elsewhere, tell about us, or never end."""

from __future__ import annotations

import re
import signal
import threading
import time

from tests.integration.loopback import Hit, Reply, Site, ask, config, crawl, finish, job, start


def to(location: str, status: int = 302, **headers: str) -> Reply:
    return Reply(status, b"", {"Location": location} | headers)


def outlet(site: Site, **more: object) -> dict[str, object]:
    return {"id": "outlet", "name": "Outlet", "domain": site.url(), **more}


def test_redirects_lead_nowhere_that_the_source_does_not_reach():
    with Site("127.0.0.71") as site, Site("127.0.0.72") as other, Site("127.0.0.73") as partner:
        site.routes |= {
            "/file": to("file:///etc/passwd"),
            "/data": to("data:text/html,hello"),
            "/ftp": to("ftp://127.0.0.72/x"),
            "/script": to("javascript:alert(1)"),
            "/off": to(other.url("/page")),
            "/metadata": to("http://169.254.169.254/latest/meta-data/"),
            "/decimal": to("http://2852039166/latest/meta-data/"),
            "/mapped": to("http://[::ffff:10.0.0.1]/"),
            "/partner": to(partner.url("/page")),
            "/credentials": to(f"http://user:secret@127.0.0.71:{site.port}/page"),
            "/1": to("/2"),
            "/2": to("/1"),
            **{f"/hop{n}": to(f"/hop{n + 1}") for n in range(100)},
        }
        starts = ["/file", "/data", "/ftp", "/script", "/off", "/metadata", "/decimal", "/mapped", "/partner"]
        starts += ["/credentials", "/1", "/hop0"]
        source = outlet(site, hosts=[partner.address])
        done = crawl(
            [ask(site.url(path), "outlet") for path in starts], config(redirects_max=10, depth_max=30), [source]
        )

    # The redirect itself is recorded and ends as what it is; its target has an end of its own.
    assert {done.outcome(site.url(path)) for path in starts} == {"302"}
    captured = {row["url"] for row in done.captured if row["status"] == 302}
    assert captured >= {site.url(path) for path in starts}
    ends = {url: done.outcome(url) for url in done.results if not url.startswith(site.url("/"))}
    assert ends == {
        "file:///etc/passwd": "bad_url",
        "data:text/html,hello": "bad_url",
        "ftp://127.0.0.72/x": "bad_url",
        "javascript:alert(1)": "bad_url",
        other.url("/page"): "out_of_scope",
        "http://169.254.169.254/latest/meta-data/": "blocked_address",
        "http://[::ffff:a00:1]/": "blocked_address",
        partner.url("/page"): "200",
        f"http://user:secret@127.0.0.71:{site.port}/page": "bad_url",
    }
    assert f"redirected from {site.url('/off')}" in done.detail(other.url("/page"))
    assert other.hits == []
    assert site.paths().count("/1") == site.paths().count("/2") == 1
    assert len([path for path in site.paths() if path.startswith("/hop")]) == 11


def test_a_list_follows_redirects_within_its_own_sites_only():
    with Site("127.0.0.74") as listed, Site("127.0.0.75") as listed_too, Site("127.0.0.76") as foreign:
        listed.routes |= {
            "/within": to("/there"),
            "/listed": to(listed_too.url("/there")),
            "/foreign": to(foreign.url("/there")),
        }
        starts = [listed_too.url("/a"), *(listed.url(path) for path in ("/within", "/listed", "/foreign"))]
        done = crawl([ask(url) for url in starts], config())
    assert done.outcome(listed.url("/there")) == "200"
    assert done.outcome(listed_too.url("/there")) == "200"
    assert done.outcome(foreign.url("/there")) == "out_of_scope"
    assert foreign.hits == []


def test_nothing_personal_is_sent_not_even_after_redirects():
    cookie = {"Set-Cookie": "session=secret; Path=/", "WWW-Authenticate": 'Basic realm="x"'}
    with Site("127.0.0.77") as site, Site("127.0.0.78", {"*": Reply(200, b"x", {"Set-Cookie": "a=b"})}) as other:
        site.routes |= {
            f"/{status}": to(other.url(f"/{status}"), status, **cookie) for status in (301, 302, 303, 307, 308)
        }
        site.routes |= {"/401": Reply(401, b"", cookie), "/policy": to("/end", 302, **{"Referrer-Policy": "os.system"})}
        secrets = {
            "Cookie": "mine=1",
            "Authorization": "Basic c2VjcmV0",
            "Referer": "http://intern/",
            "Proxy-Authorization": "x",
        }
        wishes = [
            ask(site.url(path), headers=secrets) for path in ("/301", "/302", "/303", "/307", "/308", "/401", "/policy")
        ]
        wishes += [ask(other.url("/again"), headers=secrets)]
        done = crawl(wishes, config())
    hits = [*site.hits, *other.hits]
    assert len(hits) == 2 + 7 + 5 + 1 + 1
    names = {name for hit in hits for name in hit.headers}
    assert names <= {"host", "user-agent", "accept", "accept-language", "accept-encoding", "connection", "from"}
    assert "secret" not in str([hit.headers for hit in hits])
    assert {done.outcome(other.url(f"/{status}")) for status in (301, 302, 303, 307, 308)} == {"200"}


def test_a_crawl_listens_on_no_port():
    with Site("127.0.0.79") as site:
        done = crawl([ask(site.url("/"))], config())
    assert done.reason == "finished"
    assert done.listening == []


def test_a_spider_trap_is_bounded():
    def calendar(hit: Hit) -> Reply:
        number = int(re.findall(r"\d+", hit.path)[-1]) if re.search(r"\d", hit.path) else 0
        links = [f"{number * 2 + 1}", f"{number * 2 + 2}", "same/"]
        body = "".join(f'<a href="{link}">x</a>' for link in links)
        return Reply(200, f"<html><body>{body}</body></html>".encode())

    with Site("127.0.0.80", {"*": calendar}) as site, Site("127.0.0.81", {"*": calendar}) as deep:
        wishes = [ask(site.url("/c/")), ask(site.url("/" + "long" * 600))]
        done = crawl(wishes, config(host_budget=40, depth_max=20), follow=True)
        deep_done = crawl([ask(deep.url("/c/"))], config(depth_max=3), follow=True)
    assert len(site.hits) == 40
    details = {row.get("detail", "") for row in done.results.values()}
    assert any("host_budget" in detail for detail in details)
    assert any("repeats 'same'" in detail for detail in details)
    assert "characters" in done.detail(site.url("/" + "long" * 600))
    assert len(deep.hits) < 100
    assert any("fetch.depth_max" in row.get("detail", "") for row in deep_done.results.values())
    assert all(row.get("outcome", "over_budget") == "over_budget" for row in done.results.values())


def test_the_disk_floor_ends_the_crawl_before_the_disk_is_full():
    with Site("127.0.0.82") as site:
        whole = config() | {"archive": {"free_disk_floor": 2**62}}
        done = crawl([ask(site.url(f"/{n}")) for n in range(50)], whole)
    assert done.reason == "disk_full"
    assert "free_disk_floor" in done.log
    assert len(site.hits) <= 2


def test_sigterm_finishes_what_is_under_way_and_starts_nothing_new():
    release = threading.Event()

    def slow(hit: Hit) -> Reply:
        release.wait(10)
        return Reply(200, b"late")

    with Site("127.0.0.83", {"*": slow}) as site:
        process = start(job([ask(site.url(f"/{n}")) for n in range(20)], config(per_host=2)))
        until = time.monotonic() + 20
        while len(site.hits) < 3 and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        release.set()
        done = finish(process, 20)
    assert done.reason == "shutdown"
    assert sorted(row["status"] for row in done.results.values()) == [200, 200]
    assert len(site.hits) == 3, "robots.txt and the two pages that were under way"


def test_terminal_escapes_of_a_page_do_not_reach_the_log():
    with Site("127.0.0.84") as site:
        body = b"Sitemap: http://[\x1b[31mred\x9b2J\xe2\x80\xae\n"
        site.routes |= {"/x": to("http://127.0.0.84\x1b[2J/y"), "/robots.txt": Reply(200, body)}
        done = crawl([ask(site.url("/x")), ask(site.url("/ok"))], config(), settings={"LOG_LEVEL": "DEBUG"})
    assert not set(done.log) & {"\x1b", "\x9b", "\u202e", "\r"}
    assert "a Sitemap line is no URL: http://[\\x1b[31mred" in done.log
    assert f"200 {site.url('/ok')}" in done.log
