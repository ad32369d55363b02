"""Pages and texts of our own in several languages, for the tests of extraction."""

from __future__ import annotations

UK = (
    "Українські військові увійшли до міста Балаклія на Харківщині та підняли прапор над міською радою.",
    "«Ми чекали цього дня шість місяців», — сказала мешканка міста, яка зустрічала солдатів із квітами та хлібом.",
    "За словами речника, просування триває одразу на кількох напрямках, а мінери вже перевіряють дороги й мости.",
    "Обласна адміністрація просить не повертатися до домівок, доки не завершиться розмінування житлових кварталів.",
)
RU = (
    "Украинские войска вошли в город Балаклея в Харьковской области и подняли флаг над зданием городского совета.",
    "«Мы ждали этого дня полгода», — рассказала жительница, которая встречала солдат с цветами и свежим хлебом.",
    "По словам представителя штаба, продвижение продолжается на нескольких участках, сапёры проверяют дороги и мосты.",
    "Областная администрация просит не возвращаться в дома до окончания разминирования жилых кварталов города.",
)
DE = (
    "Ukrainische Truppen sind in die Stadt Balaklija im Gebiet Charkiw eingerückt und haben die Flagge gehisst.",
    "„Wir haben ein halbes Jahr auf diesen Tag gewartet“, sagte eine Bewohnerin, die den Soldaten Brot überreichte.",
    "Nach Angaben eines Sprechers gehe der Vormarsch an mehreren Abschnitten weiter, Brücken würden nun geprüft.",
    "Die Verwaltung bittet darum, erst nach dem Ende der Minenräumung in die Häuser und Höfe zurückzukehren.",
)
EN = (
    "Ukrainian troops entered the town of Balakliia in the Kharkiv region and raised the flag over the council.",
    "“We waited half a year for this day,” said a resident who met the soldiers with flowers and fresh bread.",
    "The advance goes on in several sectors, a spokesman said, and engineers were checking the roads and bridges.",
    "The regional administration asks people not to return to their homes before the mines have been cleared.",
)
PL = (
    "Ukraińskie wojsko weszło do miasta Bałaklija w obwodzie charkowskim i podniosło flagę nad ratuszem.",
    "„Czekaliśmy na ten dzień pół roku”, powiedziała mieszkanka, która witała żołnierzy kwiatami i chlebem.",
    "Według rzecznika natarcie trwa na kilku odcinkach, a saperzy sprawdzają już drogi oraz mosty w okolicy.",
    "Władze obwodu proszą, aby nie wracać do domów przed zakończeniem rozminowywania osiedli mieszkaniowych.",
)
FR = (
    "Les troupes ukrainiennes sont entrées dans la ville de Balakliia, près de Kharkiv, et y ont hissé le drapeau.",
    "« Nous attendions ce jour depuis six mois », a raconté une habitante venue offrir du pain aux soldats.",
    "Selon un porte-parole, la progression continue sur plusieurs axes et les démineurs contrôlent les ponts.",
    "L'administration demande de ne pas rentrer chez soi avant la fin du déminage des quartiers d'habitation.",
)
TEXTS = {"uk": UK, "ru": RU, "de": DE, "en": EN, "pl": PL, "fr": FR}
TITLES = {
    "uk": "Балаклія знову під українським прапором",
    "ru": "Над Балаклеей снова украинский флаг",
    "de": "Über Balaklija weht wieder die ukrainische Flagge",
    "en": "Ukrainian flag flies over Balakliia again",
    "pl": "Nad Bałakliją znów ukraińska flaga",
    "fr": "Le drapeau ukrainien flotte de nouveau sur Balakliia",
}
URL = "https://news.example.org/2022/09/10/balakliia"


def page(*paragraphs: str, title: str = "", head: str = "", top: str = "", bottom: str = "", lang: str = "en") -> str:
    """An article page as news sites build them; `head`, `top` and `bottom` are markup."""
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    heading = f"<h1>{title}</h1>" if title else ""
    return f"""<!DOCTYPE html><html lang="{lang}"><head><title>{title}</title>{head}</head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/war">War</a></li></ul></nav>
<main><article>{heading}{top}{body}{bottom}</article></main>
<footer>© Example</footer></body></html>"""


def article(language: str = "en", **more: str) -> str:
    """A whole article page in a language."""
    return page(*TEXTS[language], title=TITLES[language], lang=language, **more)
