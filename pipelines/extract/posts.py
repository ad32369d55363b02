"""Embedded posts of social networks: who wrote one, when, and where it stands, from its element or from bare lines.

Every network's embed code ends with a line that names the author and the day; in flattened text it is all that is
left to tell a post from a paragraph.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lxml.html import HtmlElement

from pipelines import urls
from pipelines.extract import clean, days
from pipelines.model import Post

_LENGTH_MAX: Final = 300  # characters of a post that is found by its first words only; a post on Twitter had 280
_LINK_LENGTH: Final = 23  # as which Twitter counts any link
_LINES_MAX: Final = 12  # of one post
_PARAGRAPH_MAX: Final = 600  # characters; a longer paragraph is the article's, and the post below it has no words
_HANDLE: Final = r"@[\w.-]{1,40}(?:@[\w.-]{3,60})?"
# "— Rob Lee (@RALee85) September 11, 2022", behind the post or alone in its line.
_DASHED = re.compile(rf"(?:[—–―]|(?:^|(?<=\s))--?)\s*(?P<author>[^—–―\n]{{1,90}}?)\s*\((?P<handle>{_HANDLE})\)")
_BARE = re.compile(rf"^(?P<author>[^()@\n]{{1,90}}?)\s*\((?P<handle>{_HANDLE})\)")
# What other networks' embed codes end with.
_SHARED = re.compile(
    r"(?:^|\s)(?:a (?:post|photo|video) (?:shared|posted) by|допис,? поширений|публикация от|публікація від"
    r"|une publication partagée par|ein (?:von|beitrag geteilt von)|(?:una )?publicación compartida (?:de|por)"
    rf"|un post condiviso da|post udostępniony przez)\s+(?P<author>[^()@]{{1,90}}?)\s*\(?(?P<handle>{_HANDLE})\)?",
    re.IGNORECASE,
)
# Where a network shows nothing of a post without its script, this stands above who shared it.
_VIEW = re.compile(
    r"^(?:view this post on|переглянути цей допис|посмотреть эту публикацию|voir cette publication"
    r"|sieh dir diesen beitrag|ver esta publicación|visualizza questo post|wyświetl ten post)\b.{0,20}$",
    re.IGNORECASE,
)
_POSTED = re.compile(
    r"^(?:posted by|gepostet von|publiée? par|publicado por|pubblicato da|opublikowany przez|опубліковано|опубликовано)"
    r"\s+(?P<author>.{1,90}?)\s*,?\s*(?:on|am|sur|le|en|el|il|w|dnia|у|в)\s+(?=\D{0,30}\d)",
    re.IGNORECASE,
)
# The head of a post that was copied from the network's own page, and the time below it.
_HEAD = re.compile(rf"^(?:(?P<author>[^@()]{{1,90}}?)\s+)?(?P<handle>{_HANDLE})(?:\s*·\s*(?P<day>.{{4,40}}))?$")
_STAMP = re.compile(r"^\d{1,2}:\d\d(?:\s*[AaPp]\.?[Mm]\.?)?\s*[·,-]\s*(?P<day>.{6,40})$")
_LINK = re.compile(
    r"https?://[^\s<>\"“”«»]{4,500}|(?<![\w@./-])(?:pic\.twitter\.com|pic\.x\.com|t\.co|t\.me|(?:www\.|m\.)?(?:twitter|x|"
    r"instagram|facebook|tiktok|threads)\.(?:com|net)|fb\.watch|bsky\.app)/[^\s<>\"“”«»]{2,300}",
    re.IGNORECASE,
)
_PERMALINK = re.compile(
    r"(?://|^)(?:www\.|m\.|mobile\.)?(?:(?:twitter|x|fxtwitter|nitter)\.\w+/(?P<who>\w+)/status(?:es)?/\d+"
    r"|t(?:elegram)?\.me/(?:s/)?(?P<channel>\w+)/\d+|instagram\.com/(?:[\w.]+/)?(?:p|reel|tv)/[\w-]+"
    r"|facebook\.com/(?:[^/?#]+/(?:posts|videos|photos)/|permalink\.php|watch|story\.php|photo|reel/)|fb\.watch/\w+"
    r"|tiktok\.com/@(?P<tiktok>[\w.]+)/video/\d+|threads\.(?:net|com)/@(?P<thread>[\w.]+)/post/"
    r"|bsky\.app/profile/(?P<sky>[\w.:-]+)/post/|truthsocial\.com/@(?P<truth>\w+)/(?:posts/)?\d+|vk\.com/wall-?\d+_\d+"
    r"|[\w.-]+/@(?P<toot>\w+)/\d{10,})",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"^https?://pic\.(?:twitter|x)\.com/", re.IGNORECASE)
_SHORT = re.compile(r"^https?://t\.co/", re.IGNORECASE)
_LOST = re.compile(r"(?:\s*\?)+$")  # what an encoding made of an emoji
_ENDS = (".", "!", "?", "…", ":", ";", '"', "”", "»", "“")
_OPENS = re.compile(r"^(?:\.?@\w|RT @|#\w|\d{1,2}/\d{0,2}(?:\s|$))")
_AFTER_DAY_MAX: Final = 30  # characters behind the handle that are no day: "г.", "at 9:41 PM"


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of flattened text. Lines of one group have no blank line between them."""

    text: str
    group: int


@dataclass(frozen=True, slots=True)
class Span:
    """A post among lines: lines[start:stop], its text as one line."""

    start: int
    stop: int
    text: str
    post: Post


@dataclass(frozen=True, slots=True)
class _Signature:
    author: str
    handle: str
    posted: str
    start: int  # where it starts in its line
    mute: bool = False  # of a network whose embed code does not hold the post's words


def of_element(element: HtmlElement) -> Post:
    """The post in the element of an embed code; it need not have been filled in by the network's script."""
    addresses = [
        *(element.get(name, "") for name in ("data-instgrm-permalink", "data-href", "data-url", "cite")),
        *(anchor.get("href", "") for anchor in reversed(list(element.iter("a")))),
    ]
    if channel := element.get("data-telegram-post", ""):
        addresses.insert(0, f"https://t.me/{channel}")
    found = of_lines([clean.line(" ".join(element.itertext()))], addresses)
    if found.posted:
        return found
    stated = next((time.get("datetime", "") for time in element.iter("time")), "")
    day = days.first(stated[:40])
    return Post(found.author, found.handle, day.readings[0].isoformat() if day else "", found.url)


def of_lines(lines: Sequence[str], addresses: Sequence[str] = ()) -> Post:
    """What the lines of a post say of it; `addresses`: of its links, where they are known apart from the text."""
    signature = next((found for line in reversed(lines) if (found := _signature(line))), None)
    url, handle = _link([*filter(None, addresses), *(link for line in lines for link in links(line))])
    if signature is None:
        return Post(handle=handle, url=url)
    return Post(signature.author, signature.handle or handle, signature.posted, url)


def links(text: str) -> list[str]:
    """Addresses that stand in a text, those of known networks also without their scheme."""
    found = []
    for match in _LINK.finditer(text):
        link = match[0].rstrip(".,;:!?)]}'’…*")
        found.append(link if "://" in link else f"https://{link}")
    return found


def find(lines: Sequence[Line], taken: Container[int]) -> Iterator[Span]:
    """Posts among the lines of a flattened text, in order; lines with an index in `taken` are none of them."""
    floor = index = 0
    while index < len(lines):
        span = None if index in taken else _span(lines, index, floor, taken)
        if span:
            yield span
            floor = span.stop
        index = max(index + 1, floor)


def _span(lines: Sequence[Line], index: int, floor: int, taken: Container[int]) -> Span | None:
    text = lines[index].text
    if len(text) > 2000:
        return None
    if copied := _copied(lines, index, taken):
        return copied
    signature = _signature(text)
    if signature is None:
        if _LINK.fullmatch(text) and _PERMALINK.search(text):  # nothing of it came along but its address
            return Span(index, index + 1, text, of_lines([text]))
        return None
    start = index
    if signature.mute:
        start -= index > floor and index - 1 not in taken and bool(_VIEW.match(lines[index - 1].text))
    else:
        if not text[: signature.start].strip():
            start = _above(lines, index, floor, taken)
        while start > floor and start - 1 not in taken and index - start < _LINES_MAX:
            if not _continues(lines[start - 1].text, [line.text for line in lines[start:index]] or [text]):
                break
            start -= 1
    parts = [line.text for line in lines[start : index + 1]]
    return Span(start, index + 1, clean.line(" ".join(parts)), of_lines(parts))


def _above(lines: Sequence[Line], index: int, floor: int, taken: Container[int]) -> int:
    """Where a post begins whose signature stands alone: with the lines that stand directly above it."""
    start = index - 1
    if start < floor or start in taken or _length(lines[start].text) > _PARAGRAPH_MAX:
        return index
    group = lines[start].group
    while start > floor and start - 1 not in taken and lines[start - 1].group == group:
        if index - start >= _LINES_MAX:
            break
        start -= 1
    return start


def _continues(above: str, post: Sequence[str]) -> bool:
    """Whether a paragraph belongs to the post that goes on below it."""
    broken = post[0][:1].islower() and not above.endswith(_ENDS)
    opens = bool(_OPENS.match(above)) or unicodedata.category(above[0]) == "So"
    return (broken or opens) and sum(map(_length, (above, *post))) <= _LENGTH_MAX


def _length(text: str) -> int:
    found = _LINK.findall(text)
    return len(text) - sum(map(len, found)) + _LINK_LENGTH * len(found)


def _copied(lines: Sequence[Line], index: int, taken: Container[int]) -> Span | None:
    """A post as the network's page shows it: name and handle, text, time; its name may stand in a line of its own."""
    head = _HEAD.match(lines[index].text)
    if head is None:
        return None
    stop, posted = index + 1, _day(head["day"] or "")
    for below in range(index + 1, min(index + _LINES_MAX, len(lines))):
        if below in taken:
            break
        if stamp := _STAMP.match(lines[below].text):
            stop, posted = below + 1, _day(stamp["day"])
            break
    if not posted:
        return None
    if stop == index + 1:  # the day stands in the head: one paragraph belongs to it
        if stop >= len(lines) or stop in taken:
            return None
        stop += 1
    author, start = head["author"] or "", index
    above = lines[index - 1] if index else None
    if not author and above and index - 1 not in taken and len(above.text) <= 60 and not above.text.endswith(_ENDS):
        author, start = above.text, index - 1
    parts = [line.text for line in lines[start:stop]]
    url, _ = _link([link for part in parts for link in links(part)])
    return Span(start, stop, clean.line(" ".join(parts)), Post(_name(author), head["handle"], posted, url))


def _signature(text: str) -> _Signature | None:
    if dashed := list(_DASHED.finditer(text)):
        return _signed(dashed[-1], text, dated=bool(text[: dashed[-1].start()].strip()))
    if shared := _SHARED.search(text):
        signed = _signed(shared, text, dated=False)
        return replace(signed, mute=True) if signed else None
    if bare := _BARE.match(text):
        return _signed(bare, text, dated=True)
    posted = _POSTED.match(text)
    day = days.first(text[posted.end() :]) if posted else None
    if posted and day and len(text) - posted.end() - day.end <= _AFTER_DAY_MAX:
        return _Signature(_name(posted["author"]), "", day.readings[0].isoformat(), 0)
    return None


def _signed(found: re.Match[str], text: str, *, dated: bool) -> _Signature | None:
    """The signature if nothing but a day follows; `dated`: a day must."""
    rest = text[found.end() :].strip(" ,·|()")
    day = days.first(rest)
    if len(rest) - (day.end - day.start if day else 0) > _AFTER_DAY_MAX or (dated and not day):
        return None
    posted = day.readings[0].isoformat() if day else rest if any(map(str.isdigit, rest)) else ""
    return _Signature(_name(found["author"]), found["handle"], posted, found.start())


def _day(text: str) -> str:
    day = days.first(text)
    return day.readings[0].isoformat() if day else ""


def _name(text: str) -> str:
    return _LOST.sub("", clean.line(text)).strip(" ,·|—–-:")


def _link(addresses: Sequence[str]) -> tuple[str, str]:
    """The post's own address among those that stand in it, and the handle that it shows; "" where there is none.

    The address of its picture leads to the post as well, and so may a short link that is all there is.
    """
    for pattern in (_PERMALINK, _PICTURE, _SHORT):
        for address in addresses:
            if found := pattern.search(address):
                try:
                    whole = urls.normalise(address)
                except urls.BadUrl:
                    continue
                shown = next(filter(None, found.groupdict().values()), "") if found.groupdict() else ""
                # Who looked at it from where is no part of the address, but Facebook's has the post itself there.
                keeps_query = "facebook." in whole or "fb.watch" in whole
                return whole if keeps_query else whole.partition("?")[0], f"@{shown}" if shown else ""
    return "", ""
