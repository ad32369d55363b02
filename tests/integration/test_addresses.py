"""A canary on loopback: whatever the spelling, the redirect or the resolver's answer, it gets no hit."""

from __future__ import annotations

from contextlib import contextmanager

from tests.integration.crawl_child import crawl
from tests.integration.odd_exchanges import Case, OddServer, answer, running

CANARY = {"": Case("", answer(b"caught"))}

#: Spellings of 127.0.0.1 and of this machine that end as a refused address ...
BLOCKED = """
    127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0x7f.0x0.0x0.0x1 0177.0.0.1 017700000001 0 0.0.0.0
    localhost LOCALHOST [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1]
    [64:ff9b:1::7f00:1] [2002:7f00:1::] [fe80::1] ①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 169.254.169.254 10.0.0.1
""".split()  # noqa: SIM905 - a table
#: ... and URLs that never get as far, or may not: refused, or no such name.
UNREADABLE = [
    "user:pw@127.0.0.1",
    "a.test\\@127.0.0.1",
    "%31%32%37.0.0.1",
    "127.0.0.1%00.test",
    "[fe80::1%25lo]",
    "127.0.0.1.",
]


@contextmanager
def canary(host: str = "127.0.0.1"):
    with running(OddServer(CANARY, host=host)) as server:
        yield server
        assert server.connections == []


def fetch(*networks: str, ports: list[int]) -> dict:
    return {"allow_networks": list(networks), "ports": ports, "timeout_seconds": 5.0}


def test_no_spelling_reaches_loopback():
    with canary() as server:
        requests = [{"key": host, "url": f"http://{host}:{server.port}/"} for host in [*BLOCKED, *UNREADABLE]]
        done = crawl(requests, fetch=fetch(ports=[80, 443, server.port]))
    outcomes = {key: result["outcome"] for key, result in done["results"].items()}
    assert {key: outcomes[key] for key in BLOCKED} == dict.fromkeys(BLOCKED, "blocked_address")
    assert {outcomes[key] for key in UNREADABLE} <= {"bad_url", "blocked_address", "dns_error"}
    assert done["captures"] == []


def test_redirects_are_vetted_at_every_hop():
    """From a host that is allowed to ones that are not; the redirect itself is kept."""
    with canary() as server:
        targets = [
            f"http://127.0.0.1:{server.port}/",
            f"http://localhost:{server.port}/",
            f"http://2130706433:{server.port}/",
            f"http://[::ffff:127.0.0.1]:{server.port}/",
            "http://169.254.169.254/latest/meta-data/",
        ]
        cases = {
            f"r{number}": Case(f"r{number}", answer(b"", f"Location: {target}".encode(), status=b"HTTP/1.1 302 Found"))
            for number, target in enumerate(targets)
        }
        with running(OddServer(cases, host="127.0.0.2")) as site:
            requests = [
                {"key": name, "url": f"{site.root}/{name}", "meta": {"handle_httpstatus_all": False}} for name in cases
            ]
            done = crawl(
                requests,
                fetch=fetch("127.0.0.2/32", ports=[80, 443, server.port]),
                settings={
                    "DOWNLOADER_MIDDLEWARES_BASE": {"scrapy.downloadermiddlewares.redirect.RedirectMiddleware": 600}
                },
            )
    for name, case in cases.items():
        assert done["results"][name]["outcome"] == "blocked_address", targets
        assert done["results"][name]["records"] == 1
        (capture,) = [capture for capture in done["captures"] if capture["url"].endswith(f"/{name}")]
        assert capture["response"] == case.sent


def test_the_vetted_address_is_the_one_dialled():
    """A name whose answer changes from one lookup to the next, a hundred times."""
    with canary() as server:
        page = {"page": Case("page", answer(b"fine", b"Connection: close"), close=True)}
        with running(OddServer(page, host="127.0.0.2", port=server.port)) as site:
            requests = [{"key": str(n), "url": f"http://rebinding.test:{site.port}/page"} for n in range(100)]
            done = crawl(
                requests,
                fetch=fetch("127.0.0.2/32", ports=[80, 443, site.port]),
                answers=["127.0.0.2", "127.0.0.1"],
                settings={"DNSCACHE_ENABLED": False},
            )
            remembered = crawl(
                requests[:20],
                fetch=fetch("127.0.0.2/32", ports=[80, 443, site.port]),
                answers=["127.0.0.2", "127.0.0.1"],
                settings={"CONCURRENT_REQUESTS": 1},
            )
    outcomes = [result.get("outcome") for result in done["results"].values()]
    assert outcomes.count(None) == outcomes.count("blocked_address") == 50
    assert len(done["captures"]) == 50
    assert {capture["peer"] for capture in done["captures"]} == {"127.0.0.2"}
    assert [result["status"] for result in remembered["results"].values()] == [200] * 20


def test_one_bad_answer_spoils_all():
    answers = ["127.0.0.2,127.0.0.1", "127.0.0.1,127.0.0.2", "127.0.0.2,::1", "127.0.0.2,10.0.0.1"]
    with canary() as server, running(OddServer(CANARY, host="127.0.0.2", port=server.port)) as site:
        done = crawl(
            [{"key": f"{n}", "url": f"http://name-{n}.test:{site.port}/"} for n in range(len(answers))],
            fetch=fetch("127.0.0.2/32", ports=[80, 443, site.port]),
            answers=answers,
        )
        assert site.connections == []
    assert len(done["results"]) == len(answers)
    for key, result in done["results"].items():
        assert result["outcome"] == "blocked_address"
        assert f"name-{key}.test is " in result["detail"]


def test_the_handler_vets_though_the_setting_was_forgotten():
    with canary() as server:
        done = crawl(
            [{"key": "page", "url": f"{server.root}/"}],
            fetch=fetch(ports=[server.port]),
            settings={"TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingThreadedResolver"},
        )
    assert done["results"]["page"]["outcome"] == "blocked_address"


def test_a_port_must_be_listed_where_the_network_is_not():
    requests = [{"key": "page", "url": "http://one.test:22/"}]
    done = crawl(requests, fetch=fetch(ports=[80]), answers=["8.8.8.8"])
    assert done["results"]["page"]["outcome"] == "blocked_address"
    assert "port 22 is not in fetch.ports" in done["results"]["page"]["detail"]


def test_ipv6_is_dialled_where_it_may_be():
    with running(OddServer({"page": Case("page", answer(b"six"))}, host="::1")) as site:
        requests = [
            {"key": "literal", "url": f"http://[::1]:{site.port}/page"},
            {"key": "name", "url": f"http://six.test:{site.port}/page"},
        ]
        done = crawl(requests, fetch=fetch("::1/128", ports=[80]), answers=["::1"])
    assert {key: result["body"] for key, result in done["results"].items()} == {"literal": b"six", "name": b"six"}
    assert {capture["peer"] for capture in done["captures"]} == {"::1"}
