"""The canary for Scrapy upgrades: odd answers through the stock handler and through ours, over plain and TLS."""

from __future__ import annotations

import hashlib
import ssl

import pytest
import trustme

from tests.integration.crawl_child import crawl
from tests.integration.odd_exchanges import CASES, TEXT, Case, OddServer, answer, running

LOOPBACK = {"allow_networks": ["127.0.0.0/8"]}


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def server_context(authority: trustme.CA, *names: str) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context, and the SHA-256 of its certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issued = authority.issue_cert(*names)
    issued.configure_cert(context)
    leaf = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
    return context, hashlib.sha256(leaf).hexdigest()


def jobs(server: OddServer, names=None) -> list[dict]:
    return [
        {"key": f"{number}-{name}", "url": f"{server.root}/{name}", "method": server.cases[name].method}
        for number, name in enumerate(names or server.cases)
    ]


@pytest.fixture(scope="module", params=["http", "https"])
def both(request, authority, tmp_path_factory):
    """Every case through stock Scrapy and through ours: {case: (stock, ours, captures, requests received)}."""
    cases = {case.name: case for case in CASES}
    context, digest = server_context(authority, "127.0.0.1") if request.param == "https" else (None, "")
    truststore = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(truststore)
    with running(OddServer(cases, tls=context, seed=7)) as server:
        stock = crawl(jobs(server), handler="stock")["results"]
        server.requests.clear()
        ours = crawl(jobs(server), fetch={**LOOPBACK, "truststore": str(truststore)})
    found = {
        name: (
            stock[f"{number}-{name}"],
            ours["results"][f"{number}-{name}"],
            [capture for capture in ours["captures"] if capture["url"] == f"{server.root}/{name}"],
            server.requests[name],
        )
        for number, name in enumerate(cases)
    }
    return found, digest


def test_the_table_is_as_large_as_the_study(both):
    assert len(CASES) >= 39
    found, _ = both
    assert len(found) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_lost_that_stock_accepts(both, case: Case):
    stock, ours, *_ = both[0][case.name]
    if case.better:
        assert (ours["status"], ours["body"]) == (200, TEXT)
    else:
        assert {**ours, "records": 0} == stock
        unsound = case.refused or not case.sent or (case.truncated and case.name != "close-delimited-reset")
        assert ("error" in stock) == bool(unsound)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_captured_bytes_are_those_on_the_wire(both, case: Case):
    found, digest = both
    _, ours, captures, received = found[case.name]
    (capture,) = captures
    assert ours["records"] == 1
    assert received == [capture["request"]]
    assert capture["request"].startswith(f"{case.method} /{case.name} HTTP/1.1\r\n".encode())
    assert capture["peer"] == "127.0.0.1"
    assert capture["truncated"] == case.truncated
    assert capture["interim"] == case.interim
    assert bool(capture["error"]) == ("error" in ours)
    if case.refused:  # all that came until the parser gave up
        assert capture["response"]
        assert case.expected.startswith(capture["response"])
    else:
        assert capture["response"] == case.expected
    if digest:
        assert capture["tls"]["version"] == "TLSv1.3"
        assert capture["tls"]["cipher"].startswith("TLS_")
        assert capture["tls"]["certificate_sha256"] == digest
    else:
        assert capture["tls"] is None


ONE_AT_A_TIME = {"CONCURRENT_REQUESTS": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_one_connection_gives_one_capture_for_each_exchange(scheme, authority, tmp_path):
    """Kept alive; gone stale in between; and with an answer that was longer than it said."""
    cases = {
        case.name: case
        for case in (
            Case("one", answer(b"first")),
            Case("two", answer(b"second, longer")),
            Case("stale", answer(b"third"), fresh_only=True),
            Case("surplus", b"HTTP/1.1 304 Not Modified\r\n\r\n", late=b"<html>a body that 304 can't have</html>"),
            Case("three", answer(b"fourth")),
        )
    }
    context, digest = server_context(authority, "127.0.0.1") if scheme == "https" else (None, "")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with running(OddServer(cases, tls=context)) as server:
        order = ["one", "two", "one", "stale", "surplus", "three"]
        fetch = {**LOOPBACK, "truststore": str(tmp_path / "ca.pem")}
        done = crawl(jobs(server, order), fetch=fetch, settings=ONE_AT_A_TIME)
    assert [capture["url"].rsplit("/", 1)[1] for capture in done["captures"]] == order
    for capture, name in zip(done["captures"], order, strict=True):
        assert capture["response"] == cases[name].sent
        assert capture["request"] in server.requests[name]
        assert capture["truncated"] is None
        assert capture["error"] == ""
        assert (capture["tls"] or {}).get("certificate_sha256", "") == digest
    assert server.connections == [["one", "two", "one", "stale"], ["stale", "surplus", "three"], ["three"]]
    assert len(server.requests["stale"]) == 1


def test_certificates_are_verified(authority, tmp_path):
    """A self-signed one is refused, one of another name too; nothing is sent to either. The truststore's is taken."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    stranger = trustme.CA()
    cases = {"page": Case("page", answer())}
    with (
        running(OddServer(cases, tls=server_context(authority, "127.0.0.1")[0])) as good,
        running(OddServer(cases, tls=server_context(stranger, "127.0.0.1")[0])) as untrusted,
        running(OddServer(cases, tls=server_context(authority, "127.0.0.9")[0])) as misnamed,
    ):
        requests = [
            {"key": name, "url": f"{server.root}/page"}
            for name, server in (("good", good), ("untrusted", untrusted), ("misnamed", misnamed))
        ]
        done = crawl(requests, fetch={**LOOPBACK, "truststore": str(tmp_path / "ca.pem")})
        lax = crawl(requests, fetch={**LOOPBACK, "verify_tls": False})
        system = crawl(requests[:1], fetch=LOOPBACK)
    assert done["results"]["good"]["body"] == TEXT
    for name, server in (("untrusted", untrusted), ("misnamed", misnamed)):
        assert done["results"][name]["outcome"] == "tls_error"
        assert len(server.requests["page"]) == 1  # of the lax crawl
    assert len(done["captures"]) == 1
    assert {name: result["status"] for name, result in lax["results"].items()} == dict.fromkeys(lax["results"], 200)
    assert len(lax["captures"]) == 3
    assert system["results"]["good"]["outcome"] == "tls_error"


@pytest.mark.parametrize("content", [None, "no certificate at all"])
def test_a_bad_truststore_stops_the_first_request(tmp_path, content):
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    done = crawl([{"key": "a", "url": "http://127.0.0.1/"}], fetch={**LOOPBACK, "truststore": str(path)})
    assert done["results"]["a"]["error"] == "ConfigError"
    assert "fetch.truststore" in done["results"]["a"]["detail"]
    assert not done["captures"]
