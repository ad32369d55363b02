"""The news agency behind a text, with the words that say so: the author, a dateline, or a credit at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pipelines.extract import clean, jsonld
from pipelines.extract.facts import Facts
from pipelines.model import BODY_KINDS, Block, Evidence

#: Agency -> its spellings. Short ones are matched with their case.
AGENCIES: Final = {
    "AFP": ("AFP", "Agence France-Presse", "Agence France Presse"),
    "AP": ("AP", "Associated Press", "The Associated Press"),
    "Reuters": ("Reuters", "REUTERS", "Рейтер", "Reuters.com"),
    "dpa": ("dpa", "DPA", "Deutsche Presse-Agentur"),
    "APA": ("APA", "Austria Presse Agentur"),
    "Keystone-SDA": ("Keystone-SDA", "SDA", "sda", "Schweizerische Depeschenagentur"),
    "epd": ("epd", "Evangelischer Pressedienst"),
    "KNA": ("KNA", "Katholische Nachrichten-Agentur"),
    "SID": ("SID", "sid", "Sport-Informations-Dienst"),
    "PAP": ("PAP", "Polska Agencja Prasowa"),
    "EFE": ("EFE", "Agencia EFE"),
    "Europa Press": ("Europa Press", "EUROPA PRESS", "EP"),
    "ANSA": ("ANSA",),
    "Adnkronos": ("Adnkronos",),
    "Belga": ("Belga", "BELGA"),
    "ANP": ("ANP",),
    "NTB": ("NTB",),
    "TT": ("TT Nyhetsbyrån", "TT"),
    "Ritzau": ("Ritzau", "/ritzau/"),
    "STT": ("STT",),
    "ČTK": ("ČTK", "CTK"),
    "MTI": ("MTI",),
    "BNS": ("BNS",),
    "ELTA": ("ELTA",),
    "LETA": ("LETA",),
    "Agerpres": ("Agerpres", "AGERPRES"),
    "Anadolu": ("Anadolu", "Anadolu Agency", "Anadolu Ajansı", "AA"),
    "Xinhua": ("Xinhua", "新华社"),
    "Kyodo": ("Kyodo", "Kyodo News", "共同通信"),
    "Yonhap": ("Yonhap", "연합뉴스"),
    "ANI": ("ANI",),
    "PTI": ("PTI", "Press Trust of India"),
    "PA Media": ("PA Media", "Press Association", "PA"),
    "AAP": ("AAP", "Australian Associated Press"),
    "UPI": ("UPI", "United Press International"),
    "The Canadian Press": ("The Canadian Press", "Canadian Press"),
    "Bloomberg": ("Bloomberg",),
    "Ukrinform": ("Ukrinform", "Укрінформ", "Укринформ"),
    "Interfax-Ukraine": ("Interfax-Ukraine", "Інтерфакс-Україна", "Интерфакс-Украина"),
    "UNIAN": ("UNIAN", "УНІАН", "УНИАН"),
    "UNN": ("UNN", "УНН"),
    "RBC-Ukraine": ("RBC-Ukraine", "РБК-Україна", "РБК-Украина"),
    "TASS": ("TASS", "ТАСС", "ITAR-TASS", "ИТАР-ТАСС"),
    "RIA Novosti": ("RIA Novosti", "РИА Новости", "РІА Новини", "RIA"),
    "Interfax": ("Interfax", "Интерфакс", "Інтерфакс"),
    "BelTA": ("BelTA", "БелТА", "БЕЛТА"),
}
# These stand for other things too often to be believed in running text: only as author or in a bracketed credit.
_AMBIGUOUS = frozenset({"EP", "TT", "AA", "PA", "sid", "sda", "ANI", "RIA", "PAP", "AP"})
_BY_SPELLING = {spelling: name for name, spellings in AGENCIES.items() for spelling in spellings}
_BY_NAME = {name.casefold(): name for name in AGENCIES}
_ANY = "|".join(re.escape(spelling) for spelling in sorted(_BY_SPELLING, key=len, reverse=True))
_CLEAR = "|".join(re.escape(s) for s in sorted(_BY_SPELLING, key=len, reverse=True) if s not in _AMBIGUOUS)
# "KYIV, Sept 10 (Reuters) - ", "Kiew (dpa) - ", "КИЕВ, 10 сентября. /ТАСС/.", "Київ. 10 вересня. Інтерфакс-Україна - "
_DATELINE = re.compile(
    rf"^.{{0,60}}?(?:[(\[/]\s*(?:(?P<clear>{_CLEAR})\b[^)\]/]{{0,40}}[)\]/]|(?P<any>{_ANY})\s*[)\]/]\s*[-–—:])"
    rf"|^(?P<bare>{_CLEAR})\s*[-–—:]\s|(?<=[.,] )(?P<dotted>{_CLEAR})\s*[-–—:]\s)"
)
_CREDIT = re.compile(
    r"^\W*(?:(?:source|quelle|fuente|fonte|źródło|джерело|источник|with|mit(?: material von)?|avec|con|text)\b"
    r"\s*:?\s*)?"
    rf"(?P<one>{_ANY})(?:\s*[,/+&]\s*[\w-]{{2,30}}){{0,4}}\W*$",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(rf"\((?:[^()]{{0,40}}?[\s,/:])??(?P<one>{_ANY})(?:[\s,/][^()]{{0,40}})?\)\W*$")
_EDGE: Final = 4  # blocks at the start and at the end that are looked at
_SENTENCE: Final = 120  # characters; credits are short


def named(text: str) -> str:
    """The agency that `text` is a spelling of, "" if it is none."""
    bare = clean.line(text).strip(" .,/()[]")
    return _BY_SPELLING.get(bare) or _BY_NAME.get(bare.casefold(), "")


def find(facts: Facts, blocks: Sequence[Block]) -> Evidence | None:
    """The agency of a text and the words that name it; None where no agency is named as its source."""
    for source in ("author", "creator", "sourceOrganization", "copyrightHolder"):
        for text in jsonld.texts(facts.article.get(source)):
            if name := _among(text):
                return Evidence(name, f"json-ld:{source}", 0.9, text[:200])
    for meta in ("author", "article:author", "articleauthor", "cxenseparse:author", "dc.creator", "agency", "source"):
        for text in facts.metas.get(meta, ()):
            if name := _among(text):
                return Evidence(name, f"meta:{meta}", 0.8, text[:200])
    body = [block.text for block in blocks if block.kind in BODY_KINDS]
    for text in body[:_EDGE]:
        if found := _DATELINE.match(text[:200]):
            spelling = next(filter(None, found.groups()))
            return Evidence(_BY_SPELLING[spelling], "dateline", 0.9, found[0][:200])
    for text in reversed(body[-_EDGE:]):
        found = _CREDIT.match(text) if len(text) <= _SENTENCE else None
        found = found or _IN_BRACKETS.search(text[-200:])
        if found and (name := named(found["one"])):
            return Evidence(name, "credit", 0.8, found[0].strip()[:200])
    return None


def _among(text: str) -> str:
    """The agency in a list of authors such as "Reuters" or "dpa/AFP"."""
    parts = re.split(r"\s*[,;/|&+]\s*|\s+(?:and|und|et|і|и|with|mit)\s+", text[:300])
    return next((name for part in parts if (name := named(part))), "")
