"""Pages served with 200 that stand in front of an article: blocks, challenges and consent gates.

Two kinds of evidence, and neither is enough with an article on the page: marks that only a wall has in its markup, or a
wall's words on a page that holds little else. An article about captchas has neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml.etree import XPath

from pipelines import urls
from pipelines.extract import clean
from pipelines.extract.facts import Facts
from pipelines.extract.page import Page
from pipelines.model import Outcome

ARTICLE_MIN: Final = 1500  # characters of article text from which a page is no wall
_LITTLE: Final = 1500  # characters of a page that holds a wall's words and little else
_SENTENCE: Final = 200  # characters of article text that a wall without words of its own may seem to have
_LITTLE_CONSENT: Final = 6000  # consent gates talk more

_MARKS: Final = {
    "Cloudflare challenge": "//*[@id='challenge-form' or @id='challenge-stage' or @id='challenge-error-text'"
    " or @id='cf-wrapper' or contains(@class,'cf-browser-verification') or @id='cf-challenge-running']"
    " | //script[contains(.,'_cf_chl_opt')]",
    "DataDome captcha": "//*[self::script or self::iframe][contains(@src,'captcha-delivery.com')]",
    "PerimeterX captcha": "//*[@id='px-captcha' or @id='px-captcha-wrapper']",
    "Imperva block": "//iframe[contains(@src,'_Incapsula_Resource')]",
    "Sucuri challenge": "//script[contains(.,'sucuri_cloudproxy_js')]",
    "DDoS-Guard challenge": "//script[contains(@src,'ddos-guard') and contains(@src,'check')]"
    " | //*[@id='ddg-captcha' or @data-ddg-origin or @data-ddg-l10n]",
    "Qrator challenge": "//script[contains(@src,'__qrator')] | //*[contains(@action,'__qrator')]",
    "AWS WAF challenge": "//script[contains(.,'gokuProps')]",
    "Yandex SmartCaptcha": "//form[contains(@action,'checkcaptcha')] | //*[contains(@class,'CheckboxCaptcha')]",
    "Akamai challenge": "//*[@id='sec-if-cpt-container' or @id='sec-text-if']",
}
_MARKED = {name: XPath(expression) for name, expression in _MARKS.items()}
_CAPTCHA = XPath(
    "//*[contains(@class,'g-recaptcha') or contains(@class,'h-captcha') or contains(@class,'cf-turnstile')]"
    " | //iframe[contains(@src,'captcha')]"
)
_TEXT = XPath("//body//text()[not(parent::script or parent::style or parent::noscript or parent::template)]")
_NOSCRIPT = XPath("//noscript//text()")
_CONSENT_FORM = XPath(
    "//form[contains(@action,'consent') or contains(@action,'Consent') or contains(@action,'privacy')]"
)

_BLOCKED_TITLE = re.compile(
    r"^(?:just a moment|attention required|access denied|access to this page has been denied|403 forbidden|forbidden"
    r"|are you (?:a )?(?:robot|human)|bot verification|security check|robot or human|pardon our interruption|blocked"
    r"|ddos-guard|request blocked|you have been blocked|human verification|verify you are human|zugriff verweigert"
    r"|acceso denegado|accès refusé|доступ (?:запрещ[её]н|ограничен|заборонено|обмежено)|проверка браузера"
    r"|перевірка браузера|вы не робот|ви не робот|ой!$|nur einen moment|один момент|зачекайте|подождите)",
    re.IGNORECASE,
)
_BLOCKED_WORDS = re.compile(
    r"verify (?:that )?you(?:'| a)re (?:a )?human|checking (?:if the site connection is secure|your browser before)"
    r"|enable javascript and cookies to continue|unusual traffic from your|you don't have permission to access"
    r"|you have been blocked|press (?:&|and) hold|are you a robot|prove (?:that )?you(?:'| a)re (?:not a robot|human)"
    r"|complete the (?:captcha|security check)|incapsula incident id|request unsuccessful|ray id:|"
    r"подтвердите,? что (?:вы не робот|запросы отправляли вы)|підтвердіть,? що ви (?:не робот|людина)"
    r"|проверя(?:ем|ется) ваш браузер|проверка (?:вашего )?браузера|перевіря(?:ємо|ється) ваш браузер"
    r"|перевірка (?:вашого )?браузера|доступ к (?:сайту|ресурсу|странице) (?:ограничен|запрещ[её]н|заблокирован)"
    r"|доступ до (?:сайту|ресурсу|сторінки) (?:обмежено|заборонено|заблоковано)|защит[аы] от ddos|захист від ddos"
    r"|bestätigen sie,? dass sie (?:ein mensch|kein roboter)|vérifi(?:er|ez) que vous (?:êtes|n'êtes pas)",
    re.IGNORECASE,
)
_SCRIPT_WORDS = re.compile(
    r"(?:enable|activate|turn on) (?:your )?javascript|javascript (?:is|must be) (?:disabled|enabled|required)"
    r"|requires javascript|(?:включите|увімкніть|активируйте|активуйте)[^.]{0,30} javascript"
    r"|javascript (?:отключ[её]н|вимкнено|aktivieren|ist deaktiviert)|activ(?:er|ez)[^.]{0,20} javascript",
    re.IGNORECASE,
)
_CONSENT_TITLE = re.compile(
    r"before you continue|consent|cookie(?:s| wall| settings)|privacy (?:choices|settings|gate)|zustimmung"
    r"|datenschutz-?einstellungen|einwilligung|согласие на обработку|згода на обробку|votre vie privée",
    re.IGNORECASE,
)
_CONSENT_WORDS = re.compile(
    r"we value your privacy|(?:accept|agree to|use of) (?:all )?cookies|cookies? (?:policy|settings|consent)"
    r"|our partners|zustimmen und weiter|mit werbung|einwilligung|personenbezogene daten|cookies akzeptieren"
    r"|nous et nos (?:\d+ )?partenaires|nos (?:\d+ )?partenaires et nous"
    r"|cookies (?:et|ou) (?:des )?technologies similaires"
    r"|(?:retirer|donner) votre consentement|intérêt légitime|accepte[rz] (?:les cookies|et)|refuser et s[’']abonner"
    r"|consentimiento|aceptar (?:las )?cookies|interés legítimo|accetta (?:i cookie|e continua)|akceptuj|zgod[aę] na"
    r"|принять (?:все )?(?:cookie|куки)|прийняти (?:всі )?(?:cookie|файли)|legitimate interest|berechtigtes interesse",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wall:
    outcome: Outcome  # BLOCKED_PAGE or CONSENT_PAGE
    evidence: str  # what was seen, for people


def detect(page: Page, facts: Facts, url: str, text: str) -> Wall | None:
    """The wall that a page is, None if it is none. `text`: the article text that was found on it."""
    if len(text) >= ARTICLE_MIN:
        return None
    title = facts.title or next(iter(facts.headings), "")
    for name, mark in _MARKED.items():
        if mark(page.tree):
            return Wall(Outcome.BLOCKED_PAGE, f"{name} (markup); title {title[:80]!r}")
    visible = clean.line(" ".join(_TEXT(page.tree)))
    return _blocked(page, title, visible, text) or _consent(page, title, visible, url, text)


def _blocked(page: Page, title: str, visible: str, text: str) -> Wall | None:
    if len(visible) > _LITTLE:
        return None
    words = _BLOCKED_WORDS.search(visible)
    if _BLOCKED_TITLE.search(title) or words:
        seen = repr(words[0]) if words else "no article"
        return Wall(Outcome.BLOCKED_PAGE, f"title {title[:80]!r}, {len(visible)} characters, {seen}")
    if len(text) > _SENTENCE:  # short news, with a widget that asks for a captcha or for JavaScript
        return None
    if len(visible) < _LITTLE / 2 and _CAPTCHA(page.tree):
        return Wall(Outcome.BLOCKED_PAGE, f"captcha on a page of {len(visible)} characters, title {title[:80]!r}")
    if len(visible) < _LITTLE / 3:
        script = _SCRIPT_WORDS.search(visible) or _SCRIPT_WORDS.search(clean.line(" ".join(_NOSCRIPT(page.tree))))
        if script:
            return Wall(Outcome.BLOCKED_PAGE, f"asks for JavaScript ({script[0]!r}), {len(visible)} characters")
    return None


def _consent(page: Page, title: str, visible: str, url: str, text: str) -> Wall | None:
    if len(visible) > _LITTLE_CONSENT or (len(text) > _SENTENCE and not _CONSENT_WORDS.search(text)):
        return None  # a text that says nothing of consent is an article with a banner
    host = urls.host_of(url)
    words = {found.lower() for found in _CONSENT_WORDS.findall(visible)}
    signs = [
        f"host {host}" if host.startswith(("consent.", "privacy.", "cmp.")) else "",
        f"title {title[:80]!r}" if _CONSENT_TITLE.search(title) else "",
        "consent form" if _CONSENT_FORM(page.tree) else "",
        f"words {', '.join(sorted(words)[:3])}" if len(words) > 1 and len(text) < ARTICLE_MIN / 2 else "",
    ]
    seen = [sign for sign in signs if sign]
    return Wall(Outcome.CONSENT_PAGE, "; ".join(seen)) if len(seen) > 1 else None
