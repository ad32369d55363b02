"""The news agencies that we know, and how texts and credit lines spell them."""

from __future__ import annotations

from typing import Final

from pipelines.extract import clean

#: Agency -> its spellings. Short ones are matched with their case.
AGENCIES: Final = {
    "AFP": ("AFP", "Agence France-Presse", "Agence France Presse", "АФП"),
    "AP": ("AP", "Associated Press", "The Associated Press"),
    "Reuters": ("Reuters", "REUTERS", "Рейтер", "Рейтерс", "Ройтерс", "Reuters.com"),
    "dpa": ("dpa", "DPA", "Deutsche Presse-Agentur", "Deutschen Presse-Agentur"),
    "APA": ("APA", "Austria Presse Agentur"),
    "Keystone-SDA": ("Keystone-SDA", "SDA", "sda", "Schweizerische Depeschenagentur"),
    "epd": ("epd", "Evangelischer Pressedienst"),
    "KNA": ("KNA", "Katholische Nachrichten-Agentur"),
    "SID": ("SID", "sid", "Sport-Informations-Dienst"),
    "PAP": ("PAP", "Polska Agencja Prasowa"),
    "EFE": ("EFE", "Efe", "Agencia EFE"),
    "Europa Press": ("Europa Press", "EUROPA PRESS", "EP"),
    "ANSA": ("ANSA", "Ansa"),
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
AMBIGUOUS = frozenset({"Bloomberg", "EP", "TT", "AA", "PA", "sid", "sda", "ANI", "RIA", "PAP", "AP"})
BY_SPELLING = {spelling: name for name, spellings in AGENCIES.items() for spelling in spellings}
_BY_NAME = {name.casefold(): name for name in AGENCIES}


def named(text: str) -> str:
    """The agency that `text` is a spelling of, "" if it is none."""
    bare = clean.line(text).strip(" .,/()[]")
    return BY_SPELLING.get(bare) or _BY_NAME.get(bare.casefold(), "")
