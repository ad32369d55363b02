"""How a text speaks of the agency that wrote it: "AFP journalists saw", "told AFP", "сказав кореспонденту Укрінформу".

Texts that lost their credit line still do so. An agency that somebody else spoke to is introduced ("told the state
news agency RIA Novosti"), which the reporter's own never is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pipelines.extract.agency_names import AMBIGUOUS, BY_SPELLING

# Ambiguous ones are clear enough beside "told" or "reporter"; these are cited more often than they are the source.
_BESIDE: Final = frozenset({"AP", "PAP"})
_NOT_BESIDE: Final = frozenset({"SDA", "SID", "Bloomberg", "/ritzau/", "Reuters.com", "新华社", "共同通信", "연합뉴스"})
_SPELLINGS: Final = sorted((BY_SPELLING.keys() - AMBIGUOUS - _NOT_BESIDE) | _BESIDE, key=lambda one: (-len(one), one))
_NAME = re.compile(rf"(?<![\w-])(?P<name>{'|'.join(map(re.escape, _SPELLINGS))})(?:у|ові|ом|а|і|е|'s|’s)?(?!\w)")
_BEFORE: Final = 70  # characters that are looked at
_BEHIND: Final = 35
# Reporters of the agency: behind its name, or before it.
_REPORTERS = re.compile(
    r"^[ -](?:\w+ )?(?:journalists?|reporters?|correspondents?|photographers?|videographers?|stringers?|teams?|crew"
    r"|(?:journalist|reporter|korrespondent|fotograf|mitarbeiter)(?:in|en|innen|s)?)\b",
    re.IGNORECASE,
)
_REPORTERS_OF = re.compile(
    r"\b(?:journalistes?|reporters?|correspondante?s?|photographes?|vidéastes?|équipes?|periodistas?|corresponsal(?:es)?"
    r"|reporter[oa]s?|fotógraf[oa]s?|giornalist[aei]|corrispondent[ei]|inviat[aoi]|cronist[ai]|dziennikar\w+"
    r"|korespondent\w*|(?:foto)?reporter\w*|(?:фото)?(?:журналіст|кореспондент|журналист|корреспондент|репортер)\w*"
    r"|reportern?|journalist(?:in|en)?|korrespondent(?:in|en)?)"
    r"\s+(?:de\s+l['’]|d['’]|de\s+(?:la\s+)?|dell['’]|della\s+|der\s+|von\s+|for\s+|of\s+)?$",
    re.IGNORECASE,
)
# Somebody speaks to it, without introducing it.
_TOLD = re.compile(
    r"(?:\b(?:told|tells|spoke\s+to|spoke\s+with|speaking\s+to|said\s+to|interview\s+with|contacted\s+by|statement\s+to)\s+"
    r"(?:the\s+)?"
    r"|(?:à|auprès\s+de|contactée?s?\s+par|interrogée?s?\s+par|jointe?s?\s+par)\s+l['’]"
    r"|\b(?:sagt|erklärt|berichtet|teilt|bestätigt|schildert|erzählt|gegenüber|gespräch|anfrage|angaben)\w*\b[^.!?]{0,40}\bder\s+"
    r"|\b(?:dijo|dijeron|declaró|declararon|explicó|afirmó|señaló|aseguró|indicó|contó|comentó|confirmó|relató|detalló"
    r"|entrevista|declaraciones|conversación)\b[^.!?]{0,30}\b(?:a|con)\s+(?:la\s+)?"
    r"|\b(?:detto|dice|spiega\w*|raccont\w+|dichiara\w+|conferma\w*|riferi\w+|intervista|commenta\w*)\b[^.!?]{0,30}"
    r"\b(?:all['’]|con\s+l['’])"
    r"|\b(?:powiedział\w*|przekazał\w*|poinformował\w*|wyjaśnił\w*|ocenił\w*|podkreślił\w*|zaznaczył\w*|rozmowie\s+z)\s+"
    r"|\b(?:сказа\w+|розпові\w+|повідом\w+|заяви\w+|поясни\w+|коментар[іи]|розмові\s+з|інтервью|інтерв['’]ю)\s+"
    r"|\b(?:рассказа\w+|сообщил\w*|заявил\w*|пояснил\w*|комментарии|беседе\s+с|интервью)\s+)$",
    re.IGNORECASE,
)
# It is introduced, so it is somebody else's.
_INTRODUCED = re.compile(
    r"(?:agency|agence|agentur\w*|agencia|agenzia|agencj\w+|агентств\w+|агенці\w+|newspaper|channel|outlet|media|service)"
    r"\W+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Own:
    """The agency that the text speaks of as its own."""

    name: str
    confidence: float
    words: str  # the mentions
    place: tuple[int, int, int]  # block, start and end of the first


def own(texts: Iterable[tuple[int, str]], signed: bool) -> Own | None:
    """The agency whose reporters the text speaks of, None if none stands out; `texts`: block indexes and their texts.

    Two mentions make it. One is enough where no other agency is in the text, if it is of a reporter, or if the text
    has no author.
    """
    words: dict[str, list[str]] = {}
    first: dict[str, tuple[int, int, int]] = {}
    reporters, named = set(), set()
    for index, text in texts:
        for found in _NAME.finditer(text):
            name = BY_SPELLING[found["name"]]
            named.add(name)
            before = text[max(0, found.start() - _BEFORE) : found.start()]
            behind = text[found.end() : found.end() + _BEHIND]
            if _INTRODUCED.search(before):
                continue
            reporter = _REPORTERS.match(behind) or _REPORTERS_OF.search(before)
            mention = reporter or _TOLD.search(before)
            if mention:
                whole = f"{found[0]}{mention[0]}" if mention.re is _REPORTERS else f"{mention[0]}{found[0]}"
                words.setdefault(name, []).append(whole.strip())
                first.setdefault(name, (index, *found.span("name")))
                reporters.update([name] if reporter else [])
    ranked = sorted(words, key=lambda name: -len(words[name]))
    if not ranked or (len(ranked) > 1 and len(words[ranked[0]]) == len(words[ranked[1]])):
        return None
    best = ranked[0]
    several = len(words[best]) > 1
    if not several and (len(named) > 1 or (signed and best not in reporters)):
        return None
    confidence = 0.6 if several or best in reporters else 0.4
    return Own(best, confidence, "; ".join(words[best]), first[best])
