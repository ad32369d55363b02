"""What pages say, in their languages, where they let only subscribers read on."""

from __future__ import annotations

import re
from typing import Final

# How much is left to read, and only a page that cut its text says so.
_LEFT: Final = (
    r"il vous reste \d+[.,]?\d* ?% de cet article",
    r"pozostało (?:jeszcze )?\d+ ?% (?:artykułu|tekstu|treści)",
    r"(?:noch|verbleibende) \d+ ?% des (?:artikels|textes)",
    r"(?:te |le )(?:resta|queda)n? (?:el |un )?\d+ ?% (?:por leer|del (?:artículo|articulo|contenido))",
    r"ti resta(?:no)? (?:il |da leggere )?\d+ ?%",
    r"\d+ ?% of (?:this|the) article (?:left|remain\w+)",
    r"залишилось (?:прочитати )?\d+ ?%",
    r"осталось (?:прочитать )?\d+ ?% (?:текста|статьи|материала)",
)
# What stands where a text was cut: whom it is for, and what to do to read on.
_PROMPT: Final = (
    # en
    (
        r"(?:subscribe|sign up|register|log ?in|sign in|become a (?:member|subscriber)|start your (?:free )?trial)"
        r"[^.!?]{0,40} to (?:continue|keep|read|unlock|access|view)\b"
        r"(?! (?:the |all |your )?(?:comment|video|profile|account))"
    ),
    r"to (?:continue|keep) reading[^.!?]{0,30}(?:subscri|log ?in|sign|register|this article)",
    (
        r"(?:this|the) (?:article|story|content|post) is (?:only |exclusively )?(?:available |reserved )?(?:for|to)"
        r" (?:our )?(?:paid |paying |premium |registered )?(?:subscribers|members)"
    ),
    r"subscriber[- ]only|subscribers only|already a subscriber\?|unlock (?:this|the full) (?:article|story)",
    # de
    r"(?:weiterlesen|weiter lesen|jetzt lesen|lesen sie) (?:mit|im|in) [^.!?]{0,30}(?:abo|plus|\+|premium|probe)",
    r"(?:nur|exklusiv) für (?:unsere )?(?:abonnent|plus-?mitglied|mitglieder|digital-?abonnent)\w*",
    (
        r"(?:diesen|(?:den )?ganzen|den vollständigen) (?:artikel|text|beitrag)"
        r"[^.!?]{0,40}(?:weiterlesen|freischalten|abo\b|abonn)"
    ),
    r"sie (?:haben|sind) bereits (?:ein abo|abonnent)|jetzt (?:abonnieren|registrieren) und (?:weiterlesen|sofort)",
    # fr
    r"(?:article|contenu|suite)[^.!?]{0,30} (?:est )?réservée?s? (?:aux|à nos) (?:abonn|membre|lecteur)",
    r"la suite (?:est réserv|de cet article)|pour lire la suite|déjà abonnée? ?\?",
    r"(?:abonnez|inscrivez|connectez)-vous pour (?:lire|accéder|continuer|poursuivre|découvrir)",
    # es
    (
        r"(?:contenido|artículo|articulo|noticia)[^.!?]{0,25} (?:exclusiv[oa]|solo|sólo|reservad[oa])"
        r" para (?:nuestros )?(?:suscriptores|socios|abonados)"
    ),
    r"(?:suscr[íi]bete|reg[íi]strate|inicia sesi[óo]n)[^.!?]{0,30} para (?:seguir|continuar|leer|acceder)",
    r"para (?:seguir|continuar) leyendo|¿ya (?:eres|es) (?:suscriptor|socio)",
    # it
    (
        r"(?:contenuto|articolo)[^.!?]{0,25} (?:è )?(?:riservato|esclusivo|disponibile solo)[^.!?]{0,15}"
        r" (?:agli|per gli) (?:abbonat|iscritt)"
    ),
    r"(?:abbonati|registrati|accedi)[^.!?]{0,30} per (?:continuare|leggere|proseguire)",
    r"per continuare a leggere|sei già abbonato",
    # pl
    (
        r"(?:artykuł|treść|tekst|dalsza część|materiał)[^.!?]{0,40} (?:dostępn|przeznaczon)\w+ (?:jest )?"
        r"(?:tylko |wyłącznie |jedynie )?(?:dla|po zalogowaniu|w ramach)"
    ),
    r"(?:wykup|kup|zaloguj|zarejestruj)[^.!?]{0,40}(?:czytać dalej|czytaj dalej|uzyskać dostęp|aby przeczytać)",
    r"aby czytać dalej|czytaj dalej[^.!?]{0,20}(?:subskryp|prenumer)|masz już (?:subskrypcj|prenumerat)",
    # ru
    (
        r"(?:материал|статья|текст|продолжение)[^.!?]{0,40} доступ\w+[^.!?]{0,20} "
        r"(?:подписчик|по подписке|зарегистрир|авториз)"
    ),
    r"(?:оформите|купите) подписку|только для подписчиков|уже подписаны\?",
    r"чтобы (?:читать дальше|дочитать|прочитать полностью|продолжить чтение)",
    # uk
    (
        r"(?:матеріал|стаття|текст|продовження)[^.!?]{0,40} доступ\w+[^.!?]{0,20} "
        r"(?:передплат|підписник|за підпискою|зареєстр)"
    ),
    r"(?:оформ[іи]ть|придбайте) (?:передплату|підписку)|(?:лише|тільки) для (?:передплатників|підписників)",
    r"щоб (?:читати далі|дочитати|прочитати повністю|продовжити читання)|вже маєте (?:передплату|підписку)",
)
# For text in lower case: a rule that tries every letter twice takes several times as long.
LEFT = re.compile("|".join(_LEFT))
PROMPT = re.compile("|".join(_PROMPT))
