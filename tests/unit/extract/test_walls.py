"""Pages in front of articles, told from articles about such pages."""

from __future__ import annotations

import pytest

from pipelines.extract.article import extract
from pipelines.model import Outcome
from tests.unit.extract.samples import DE, EN, RU, TEXTS, TITLES, UK, article, page

BLOCKED = {
    "cloudflare": """<html><head><title>Just a moment...</title><script>window._cf_chl_opt={cvId:'3'};</script></head>
      <body><div class="main-content"><h1>news.example.org</h1><p>Checking if the site connection is secure</p></div>
      <form id="challenge-form" action="/?__cf_chl_f_tk=x"></form></body></html>""",
    "cloudflare 1020": """<html><head><title>Attention Required! | Cloudflare</title></head><body><div id="cf-wrapper">
      <h1>Sorry, you have been blocked</h1><p>You are unable to access example.org. Ray ID: 7f2</p></div></body></html>""",
    "datadome": """<html><head><title>example.org</title></head><body><p>Please enable JS and disable any ad blocker</p>
      <script>var dd={'rt':'c','cid':'x'}</script><script src="https://ct.captcha-delivery.com/c.js"></script></body></html>""",
    "akamai": """<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1>You don't have permission to
      access "http://news.example.org/a" on this server.<p>Reference #18.2f3</p></body></html>""",
    "perimeterx": """<html><head><title>Access to this page has been denied</title></head><body><h1>Before we continue...</h1>
      <div id="px-captcha"></div><p>Press &amp; Hold to confirm you are a human (and not a bot).</p></body></html>""",
    "imperva": """<html><body><iframe src="/_Incapsula_Resource?CWUDNSAI=1">Request unsuccessful. Incapsula incident ID: 1
      </iframe></body></html>""",
    "ddos-guard": """<html><head><title>DDoS-Guard</title></head><body data-ddg-l10n="true"><h1>Проверка браузера перед
      переходом на сайт news.example.org</h1><p>Подождите несколько секунд.</p></body></html>""",
    "qrator": """<html><head><title>401</title><script src="/__qrator/qauth.js"></script></head><body>
      <noscript>Включите в браузере JavaScript</noscript></body></html>""",
    "ukrainian": """<html><head><title>Зачекайте</title></head><body><p>Підтвердіть, що ви не робот</p>
      <div class="h-captcha"></div></body></html>""",
    "yandex": """<html><head><title>Вы не робот?</title></head><body><form action="/checkcaptcha?k=1"><p>Подтвердите, что
      запросы отправляли вы, а не робот</p></form></body></html>""",
    "recaptcha": """<html><head><title>example.org</title></head><body><form><div class="g-recaptcha"></div></form>
      <p>One more step</p></body></html>""",
    "javascript": """<html><head><title>Example</title></head><body><div id="root"></div>
      <noscript>You need to enable JavaScript to run this app.</noscript></body></html>""",
    "german": """<html><head><title>Zugriff verweigert</title></head><body><p>Bitte bestätigen Sie, dass Sie ein Mensch
      sind.</p></body></html>""",
}
CONSENT = {
    "gate": """<html><head><title>Before you continue</title></head><body><h1>We value your privacy</h1><p>We and our
      partners store and access information on a device. You can accept all cookies or manage your choices. Our use of
      cookies rests on consent or legitimate interest.</p><form action="https://consent.example.org/save"><button>Accept
      all</button></form></body></html>""",
    "pur": """<html><head><title>Zustimmung erforderlich</title></head><body><h1>Weiterlesen mit Werbung</h1><p>Sie können
      unser Angebot mit Werbung und üblichem Tracking nutzen: Zustimmen und weiter. Einwilligung: Wir verarbeiten
      personenbezogene Daten wie Cookie-Kennungen.</p></body></html>""",
    "host": """<html><head><title>example</title></head><body><h1>Votre vie privée</h1><p>Nous et nos partenaires
      utilisons des cookies. Accepter et fermer</p><form action="/collectConsent"></form></body></html>""",
}


def wall(html, url="https://news.example.org/a"):
    return extract(html.encode(), url).wall


@pytest.mark.parametrize("name", BLOCKED)
def test_blocked(name):
    found = wall(BLOCKED[name])
    assert found is not None
    assert found.outcome is Outcome.BLOCKED_PAGE
    assert found.evidence


@pytest.mark.parametrize("name", CONSENT)
def test_consent(name):
    found = wall(CONSENT[name])
    assert found is not None
    assert found.outcome is Outcome.CONSENT_PAGE


@pytest.mark.parametrize("language", TEXTS)
def test_articles_are_none(language):
    assert wall(article(language)) is None


BANNER = """<div id="cookie-banner"><p>We value your privacy. We and our partners use cookies; accept all cookies or
manage consent.</p><form action="/consent"></form></div>"""
EXTRAS = """<script src="https://js.datadome.co/tags.js"></script><script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js">
</script><noscript>Please enable JavaScript to see comments.</noscript><form><div class="g-recaptcha"></div></form>"""
ABOUT = {
    "captchas": page(
        "Captchas ask readers to verify you are human, and press and hold has become the newest form of the puzzle.",
        "Websites that show the words access denied lose readers, a study of the university says; captcha farms thrive.",
        *(EN * 4),
        title="Are you a robot? Why captchas drive readers away",
    ),
    "cookies": page(*(DE * 4), title="Cookie-Banner: Gericht kippt Einwilligung", bottom=BANNER),
    "ddos": page(*(RU * 4), title="Защита от DDoS: как сайты СМИ пережили атаку", bottom=EXTRAS),
    "short with widgets": page(*UK, title=TITLES["uk"], bottom=EXTRAS + BANNER),
}


@pytest.mark.parametrize("name", ABOUT)
def test_articles_about_walls_and_with_their_widgets_are_none(name):
    assert wall(ABOUT[name]) is None
