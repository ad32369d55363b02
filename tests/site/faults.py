"""The pages that are no articles: redirects, errors, walls, broken bodies, a file, a forbidden page, a link elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.site.model import Reply, Route
from tests.site.outlets import ELSEWHERE, Outlet

_PAGES = Path(__file__).parent / "pages"
# The smallest file that programs take for a PDF, with a page of nothing.
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A page with the outcome that a crawl must give it. Feeds name it where it has a title."""

    path: str  # or an absolute URL that this site does not serve
    outcome: str
    note: str
    title: str
    published: datetime
    route: Route | None
    same_as: str = ""


def _day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T12:00:00+02:00")


def _redirect(status: int, target: str) -> Route:
    body = f'<html><body>The page is <a href="{target}">here</a>.</body></html>'.encode()
    return lambda visit: Reply(status, body, headers=(("Location", target),))


def _always(reply: Reply) -> Route:
    return lambda visit: reply


def _file(name: str) -> bytes:
    return (_PAGES / name).read_bytes()


def _moved(base: str) -> Iterator[Fault]:
    flag = "/world/2022/09/09/balakliia-flag"
    ring = "/world/2022/09/24/lyman-encirclement"
    yield Fault(
        "/2022/09/balakliia-flag.php", "redirect", "301 to a page that feeds name too", "Flag returns to Balakliia",
        _day("2022-09-09"), _redirect(301, base + flag),
    )  # fmt: skip
    yield Fault(
        "/s/lyman", "redirect", "302 to a 302 to a page that nothing else names", "Ring tightens around Lyman",
        _day("2022-09-24"), _redirect(302, "/s/lyman/2"),
    )  # fmt: skip
    yield Fault("/s/lyman/2", "redirect", "the second of two redirects", "", _day("2022-09-24"), _redirect(302, ring))
    yield Fault(
        "/loop/a", "redirect", "a loop of two redirects", "Live: the day's events", _day("2022-09-25"),
        _redirect(302, base + "/loop/b"),
    )  # fmt: skip
    yield Fault("/loop/b", "redirect", "the other half of the loop", "", _day("2022-09-25"), _redirect(302, "/loop/a"))


def faults(outlet: Outlet, base: str, port: int, copies: dict[str, Route]) -> Iterator[Fault]:
    """The faults of an outlet; `copies` holds the routes of its stories, for the page that stands under two URLs."""
    if outlet.id == "courier":
        yield from _moved(base)
        yield Fault(
            "/world/video/kherson-balcony", "no_text", "a video and a headline",
            "Watch: the square in Kherson, seen from a balcony", _day("2022-11-12"), _always(Reply(body=_file("video.html"))),
        )  # fmt: skip
        yield Fault(
            "/documents/evening-briefing-2022-09-12.pdf", "not_html", "a PDF",
            "The evening briefing, 12 September (PDF)", _day("2022-09-12"), _always(Reply(body=_PDF, mime="application/pdf")),
        )  # fmt: skip
    elif outlet.id == "visnyk":
        bread = "/news/2022/09/12/izium-khlib"
        yield Fault(
            "/print/2022/09/12/izium-khlib", "duplicate", "the bytes of another page", "Ізюм: перший хліб (версія для друку)",
            _day("2022-09-12"), copies[bread], same_as=base + bread,
        )  # fmt: skip
        gone = b"<html><body><h1>410</h1><p>\xd0\x9c\xd0\xb0\xd1\x82\xd0\xb5\xd1\x80\xd1\x96\xd0\xb0\xd0\xbb</p></body></html>"
        yield Fault(
            "/news/2022/09/14/vidklykano", "http_4xx", "410", "Виправлення: матеріал відкликано", _day("2022-09-14"),
            _always(Reply(410, gone)),
        )  # fmt: skip
        yield Fault(
            "/closed/2022/10/01/dlya-peredplatnykiv", "robots_disallowed", "a feed names what robots.txt forbids",
            "Інтервʼю: тільки для передплатників", _day("2022-10-01"), _always(Reply(body=b"<p>closed</p>")),
        )  # fmt: skip
    elif outlet.id == "liman":
        challenge = Reply(body=_file("challenge.html"), mime="text/html; charset=UTF-8")
        yield Fault(
            "/2022/10/10/zhivaya_karta.htm", "blocked_page", "200 with a wall against robots", "Живая карта фронта",
            _day("2022-10-10"), _always(challenge),
        )  # fmt: skip
        broken = Reply(body=_file("video.html") * 20, mime="text/html", spoiled=True)
        yield Fault(
            "/2022/10/11/foto_dnya.htm", "undecodable", "a gzip stream with wrong bytes", "Фото дня", _day("2022-10-11"),
            _always(broken),
        )  # fmt: skip
    elif outlet.id == "gazette":
        yield Fault(
            "/international/2022/10/03/entretien-historienne", "consent_page", "200 with a cookie wall",
            "Entretien : « les fleuves décident »", _day("2022-10-03"), _always(Reply(body=_file("consent.html"))),
        )  # fmt: skip
        cut = Reply(body=copies["/international/2022/10/21/barrage-inquietude"](1).body, framing="cut")
        yield Fault(
            "/international/2022/10/22/barrage-chronologie", "truncated", "the connection ends at half the stated length",
            "Barrage : la chronologie", _day("2022-10-22"), _always(cut),
        )  # fmt: skip
        yield Fault(
            f"http://{ELSEWHERE}:{port}/partenaire/hiver", "out_of_scope", "a feed names a page of another host",
            "Chez notre partenaire : l’hiver qui vient", _day("2022-11-02"), None,
        )  # fmt: skip
    elif outlet.id == "anzeiger":
        yield Fault(
            "/politik/2022-10-12/liveblog.html", "http_5xx", "500, whenever it is asked", "Liveblog zum Krieg",
            _day("2022-10-12"), _always(Reply(500, b"<h1>Interner Fehler</h1>")),
        )  # fmt: skip
    elif outlet.id == "digest":
        yield Fault(
            "/2022/09/16/deleted-post", "http_4xx", "404", "This post has been deleted", _day("2022-09-16"),
            _always(Reply(404, b"<html><body><h1>Oops! That page can&rsquo;t be found.</h1></body></html>")),
        )  # fmt: skip
