"""The words of bylines in the languages of the pages we read: labels, days, roles, houses, and what names nobody."""

from __future__ import annotations

import re
from typing import Final

URL = re.compile(r"\b(?:https?://|www\.)\S*|\S+@\S+\.\w+|(?<!\w)@\w+")
_VERB: Final = (
    r"written|reported|posted|published|compiled|edited|created|words|story|stories|article|articles|analysis|opinion"
    r"|(?:photos?|fotos?) (?:and|und|&) (?:story|words|text)|interview|text|texte"
    r"|erstellt|eingestellt|veröffentlicht|publiziert|geschrieben|verfasst|artikel"
    r"|beitrag|kommentar|kolumne|gastbeitrag|analyse|bericht|alles|mehr|more|all posts|view all posts|posts"
    r"|zeige alle beiträge|alle beiträge|publié|écrit|rédigé|propos recueillis|recueilli|publicado|escrito|escribe"
    r"|texto|entrevista|scritto|pubblicato|articolo|intervista|a cura|opublikowa\w+|napisa\w+|tekst|rozmawia\w*"
    r"|написа\w+|подготов\w+|підготув\w+|опублик\w+|опублік\w+|текст|матеріал|материал|geplaatst|geschreven|skrevet"
)
_BY: Final = r"by|von|vom|par|por|av|af|door|od|przez|від|от|oleh|frá|(?:di|da|de)(?=\s+\S+\s+\S)"
_LABEL: Final = (
    r"authors?|autor(?:in|en|innen|a|as|es|e|i|ka|ki|zy)?|auteure?s?|autore|autrice|forfatter|skribent|tekijä|yazar"
    r"|penulis|автор(?:ка|и|ы)?|журналист(?:ка)?|журналіст(?:ка)?|кореспондент(?:ка)?|корреспондент|correspondent"
    r"|reporter|redakteur(?:in)?|editor|redazione|publisher|über den autor|über die autorin|about the author|escribe"
)
PREFIX = re.compile(
    rf"^\W*(?:(?:(?:{_VERB})\s+)?(?:(?:{_VERB})\s*[&+,/]?\s*){{0,2}}(?:{_BY})\b(?!\s*[-.])\s*[:：—–-]?\s*"
    rf"|(?:{_LABEL}|{_VERB})\s*[:：]\s*|(?:{_LABEL})\s+(?=[^\W\d_]+\s)|(?:and|und|et|y|e|і|и|i)\s+)",
    re.IGNORECASE,
)
_LINE = re.compile(
    rf"^\W*(?:(?:(?:{_VERB})\s+)?(?:by|von|par|por|przez|door|av|af)(?:\s|$)|(?:{_LABEL}|text|texte?|текст)\s*[:：])"
)


def opens_byline(text: str) -> bool:
    """Whether a line says who wrote: "By", "Von", "Text: ", "Автор: ", "Posted by"."""
    return _LINE.match(text[:80].lower()) is not None


# A day or a time ends a byline, with the words that lead to it.
DIGITS = re.compile(r"(?<![\w.])[(\[]?\d")
_MONTH: Final = (
    r"jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|février|mar(?:ch|s|zo)?|märz|mär|apr(?:il|ile)?|avril|abril|may|mai|mayo"
    r"|maggio|june?|juni|juin|junio|giugno|july?|juli|juillet|julio|luglio|aug(?:ust)?|août|agosto|sept?(?:ember)?"
    r"|septembre|septiembre|settembre|o[ck]t(?:ober)?|octobre|octubre|ottobre|nov(?:ember|embre|iembre)?|de[cz](?:ember)?"
    r"|décembre|diciembre|dicembre"
)
_DAY: Final = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
)
LEADS_TO_DAY = re.compile(
    rf"[\s,|•·(–—-]+(?:on|am|le|el|il|den|dnia|at|um|vom|posted|published|updated|erschienen|veröffentlicht|stand"
    rf"|aktualisiert|publié|publicado|date|datum|in|ca|{_MONTH}|{_DAY})?[.,:]?$",
    re.IGNORECASE,
)
# Who made the picture; of the text's author we ask.
PICTURE = re.compile(
    r"^\W*(?:images?|photo(?:graph)?s?|foto(?:s|graf\w*)?|bild(?:er)?|pictures?|illustrations?|grafik|graphics?|credits?"
    r"|фото|zdjęcia|zdj|video)\b\s*(?:[:：/]|by\b|von\b)",
    re.IGNORECASE,
)
AND = re.compile(
    r"\s*(?:[;&|/•·→»]|\s[—–-]\s|,\s*(?:and|und)\s|\s(?:and|und|et|och|og|en|oraz|ja|та|і|й|и|y|e|ve|i)\s)\s*",
    re.IGNORECASE,
)
BRACKETS = re.compile(r"\s*[(\[][^()\[\]]{0,60}[)\]]?\s*$")
ADDRESS = re.compile(r"https?:|\.(?:com|net|org|de|ru|ua|at|ch|fr|it|es|pl|info|php|html?)\b", re.IGNORECASE)
# What a person is besides a name; cut off the ends of a longer piece.
_ROLE: Final = (
    r"reporter(?:in)?|correspondent|editor|journalist(?:in)?|writer|author|redakteur(?:in)?|chefredakteur(?:in)?"
    r"|autor(?:in)?|kolumnist(?:in)?|columnist|analyst|contributor|staff|корреспондент|кореспондент(?:ка)?|журналист"
    r"|журналіст(?:ка)?|редактор(?:ка)?|автор(?:ка)?|periodista|giornalista|dziennikar(?:z|ka)|journaliste"
    r"|nachrichtenagentur|freelance|senior|chief|executive|managing|deputy|content|guest|news"
    r"|political|sports?|alle artikel|all articles|profil|m\.?a\.?|m\.?s\.?|b\.?a\.?"
    r"|ph\.?\s?d\.?|m\.?d\.?|rdn?|mph|esq\.?"
)
ROLE_AHEAD = re.compile(rf"^(?:{_ROLE})\s+(?=\S+\s+\S)", re.IGNORECASE)
ROLE_BEHIND = re.compile(rf"(?<=\S\s)(?<!^\S\s)(?:{_ROLE})[.,]?$", re.IGNORECASE)
ROLES = re.compile(rf"(?:(?:{_ROLE})\s*){{1,4}}", re.IGNORECASE)
IS_ROLE = re.compile(
    r"\b(?:report(?:er|ing)|correspondent|editors?|journalist(?:in|e)?|writer|redakteur(?:in)?|chief|officer|head of"
    r"|director|developer|analyst|columnist|kolumnist(?:in)?|contributed|president|fellow|manager|freelance)\b",
    re.IGNORECASE,
)
# "Posted on 21 September by Ann Lee": the label stands inside.
INSIDE = re.compile(rf"\s(?:by|von|par|por|przez)\s+(?!der\b|den\b|dem\b)(?=\S)|(?:{_LABEL})\s*[:：]\s*", re.IGNORECASE)
BODY = re.compile(
    r"\b(?:editorial|staff|redaktion|redacci[oó]n|r[eé]daction|redazione|redakcja|redaksi|newsroom|newsdesk|news ?desk"
    r"|desk|team|contributors|агентство|агенція|редакц\w*|news|online|press|presse\w*|wire|services?|agenc\w+|agentur\w*"
    r"|gmbh|e\.\s?v\.?|ag|inc|ltd|llc|se|verlag|magazine?|zeitung|times|gazette|herald|tribune|journal|daily|nachrichten"
    r"|media|network|tv|radio|university|universität|institute?|stiftung|foundation|ministry|ministerium|verband|bund"
    r"|blog|portal|bureau|editors|reporters|correspondents|associated|новости|новини|газета|телеканал|prensa|society)\b",
    re.IGNORECASE,
)
NOBODY = frozenset(
    """admin administrator wordpressadmin root user webmaster unknown anonymous guest none null undefined author authors
    autor autorin auteur by von par follow following folgen gefolgt share teilen comment comments kommentare kommentar
    publisher editor reporter writer sponsored advertisement anzeige advertorial posted published updated datum date
    no author uncategorized allgemein archive archiv about über profile profil contact kontakt subscribe newsletter home
    website facebook twitter instagram linkedin email print drucken mehr more weiterlesen abbruch text texte foto fotos
    photo photos interview min minutes minuten read datum posted on in by the and und der die das updated on
    publiziert veröffentlicht erstellt publicado publié pubblicato opublikowano am el le dnia today heute hoy donate
    rubrik section category kategorie geschrieben eingestellt beiträge posts artikel articles schlagwörter tags
    nichtangemeldet автор редактор поделиться share this alle artikel view all posts default
    anónimo anonimo anonyme anonym cortesía аноним анонім""".split()  # noqa: SIM905 - words are read more easily as a text
)
A_DAY = re.compile(rf"(?:{_MONTH}|{_DAY})\.?", re.IGNORECASE)
PARTICLE = frozenset(
    """von van de der den del della di da du des dos das do la le el al bin ibn ben y e i zu zur zum vom af av ten ter
    te und und' d l san abu ap ar bint st st. of the""".split()  # noqa: SIM905 - as above
)
CASELESS = re.compile(r"[\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u10a0-\u10ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
