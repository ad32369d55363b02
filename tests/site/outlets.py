"""The seven outlets of the sample site: address, language, template, routes, and the stories each runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from tests.site.model import Story
from tests.site.stories import read_stories


@dataclass(frozen=True, slots=True)
class Outlet:
    """An invented news outlet. Paths of `feeds` and others lead to the kind of document served there."""

    id: str
    name: str
    host: str
    country: str
    languages: tuple[str, ...]
    stories: tuple[Story, ...]
    feeds: Mapping[str, str]  # path -> "rss", "atom", "json", "rdf" or "broken"
    news_sitemaps: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()  # path of an index where it ends in _index.xml
    robots: str = ""  # body of robots.txt; "" for 404. {base} is the outlet's address
    charset: str = "utf-8"
    months: tuple[str, ...] = ()  # for the date as readers see it
    amid: str = ""  # stands in the middle of every story; no phrase rule has a word of it
    closing: str = ""  # stands at the end of every story, likewise

    @property
    def template(self) -> str:
        return self.id


def _wire(name: str, language: str, paths: Mapping[str, tuple[str, str, int]]) -> dict[str, Story]:
    """A wire story at several outlets: path, the headline given there ("" for the agency's), minutes after the agency."""
    story = next(each for each in read_stories("wire", language) if each.path == f"/{name}")
    return {
        outlet: replace(
            story, path=path, title=title or story.title, published=story.published + timedelta(minutes=late)
        )
        for outlet, (path, title, late) in paths.items()
    }


_RAIL = _wire(
    "wire-en",
    "en",
    {
        "courier": ("/world/2022/09/17/rail-link-kupiansk", "", 4),
        "visnyk": (
            "/en/news/2022/09/17/first-train-kupiansk",
            "First goods train reaches Kupiansk since liberation",
            31,
        ),
        "digest": ("/2022/09/17/troops-reopen-rail-link-to-kupiansk", "", 122),
    },
)
_PUMPS = _wire(
    "wire-ru",
    "ru",
    {
        "liman": ("/2022/11/16/nasosnaya_stanciya.htm", "", 10),
        "visnyk": ("/ru/news/2022/11/16/snihurivka-voda", "", 25),
    },
)


def _months(text: str) -> tuple[str, ...]:
    return tuple(text.split())


EN = _months("January February March April May June July August September October November December")
UK = _months("січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня")
RU = _months("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")
FR = _months("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")
DE = _months("Januar Februar März April Mai Juni Juli August September Oktober November Dezember")
PL = _months("stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia")

_MAPS = "Sitemap: {base}"

OUTLETS = (
    Outlet(
        id="courier",
        name="The Northgate Courier",
        host="127.0.0.11",
        country="gb",
        languages=("en",),
        stories=(*read_stories("courier", "en"), _RAIL["courier"]),
        feeds=MappingProxyType({"/rss.xml": "rss"}),
        news_sitemaps=("/news-sitemap.xml",),
        robots=f"User-agent: *\nDisallow: /login\nCrawl-delay: 0\n\n{_MAPS}/news-sitemap.xml\n",
        months=EN,
        amid="From the reading room above the fish market",
        closing="Set in lead on the quay since the flood, rain or shine, and never on a Sunday.",
    ),
    Outlet(
        id="visnyk",
        name="Слобожанський вісник",
        host="127.0.0.12",
        country="ua",
        languages=("uk", "ru", "en"),
        stories=(*read_stories("visnyk", "uk"), _RAIL["visnyk"], _PUMPS["visnyk"]),
        feeds=MappingProxyType({"/feed/atom.xml": "atom"}),
        sitemaps=("/sitemap.xml",),
        robots=f"User-agent: *\nCrawl-delay: 0.05\nDisallow: /closed/\n{_MAPS}/sitemap.xml\n",
        months=UK,
    ),
    Outlet(
        id="liman",
        name="Лиманская хроника",
        host="127.0.0.13",
        country="ua",
        languages=("ru",),
        stories=(*read_stories("liman", "ru"), _PUMPS["liman"]),
        feeds=MappingProxyType({"/rss.php": "rss"}),
        robots="User-Agent: *\r\nDisallow: /forum/\r\n",
        charset="windows-1251",
        months=RU,
    ),
    Outlet(
        id="gazette",
        name="La Gazette de l’Estuaire",
        host="127.0.0.14",
        country="fr",
        languages=("fr",),
        stories=read_stories("gazette", "fr"),
        feeds=MappingProxyType({"/feed.json": "json"}),
        sitemaps=("/sitemap_index.xml",),
        months=FR,
    ),
    Outlet(
        id="anzeiger",
        name="Hafenstädter Anzeiger",
        host="127.0.0.15",
        country="de",
        languages=("de",),
        stories=read_stories("anzeiger", "de"),
        feeds=MappingProxyType({"/atom.xml": "atom"}),
        sitemaps=("/sitemap_index.xml",),
        robots=f"# willkommen\nUser-agent: *\nDisallow:\n{_MAPS}/sitemap_index.xml\n",
        months=DE,
    ),
    Outlet(
        id="digest",
        name="Overland Digest",
        host="127.0.0.16",
        country="us",
        languages=("en",),
        stories=(*read_stories("digest", "en"), _RAIL["digest"]),
        feeds=MappingProxyType({"/feed/": "broken"}),
        news_sitemaps=("/news-sitemap.xml",),
        robots=f"User-agent: *\nDisallow: /wp-admin/\n{_MAPS}/news-sitemap.xml\n",
        months=EN,
    ),
    Outlet(
        id="kurier",
        name="Kurier Pogranicza",
        host="127.0.0.17",
        country="pl",
        languages=("pl",),
        stories=read_stories("kurier", "pl"),
        feeds=MappingProxyType({"/kanal.rdf": "rdf"}),
        sitemaps=("/mapa.xml.gz",),
        robots=f"\ufeffUser-agent: *\nAllow: /\n{_MAPS}/mapa.xml.gz\n",
        months=PL,
        closing="Składane przy świecy, bo prąd jest dla tramwajów.",
    ),
)

#: An address in no outlet's scope and with no server: a feed names a page there.
ELSEWHERE = "127.0.0.99"
