"""Words by which lines of flattened text show what they are: labels of fields, words beside a day, who takes pictures.

In English, Ukrainian, Russian, French, German, Spanish, Italian and Polish.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Field(StrEnum):
    """What a label stands before."""

    TITLE = "title"
    BODY = "body"  # its value is the text, or the lead
    CATEGORIES = "categories"
    PUBLISHED = "published"
    MODIFIED = "modified"
    AUTHORS = "authors"
    URL = "url"
    OTHER = "other"  # nothing that an article has a place for


_LABELS: Final = {
    Field.TITLE: """
    title, headline, заголовок, назва, название, titre, titel, überschrift, título, titular, titolo, tytuł""",
    Field.BODY: """
    description, summary, abstract, content, body, text, full text, article, article text, lead, опис, анотація,
    зміст, текст, повний текст, стаття, лід, описание, аннотация, содержание, полный текст, статья, лид, résumé,
    contenu, texte, chapô, beschreibung, zusammenfassung, inhalt, volltext, vorspann, descripción, resumen,
    contenido, texto, entradilla, descrizione, sommario, riassunto, contenuto, testo, opis, streszczenie, treść,
    tekst""",
    Field.CATEGORIES: """
    category, categories, section, sections, tag, tags, keyword, keywords, topic, topics, filed under, posted in,
    категорія, категорії, рубрика, рубрики, розділ, тег, теги, мітки, ключові слова, тема, теми, категория,
    категории, раздел, метки, ключевые слова, темы, catégorie, catégories, rubrique, rubriques, étiquettes, mots
    clés, thème, thèmes, kategorie, kategorien, rubrik, ressort, schlagwort, schlagwörter, schlagworte, stichwörter,
    thema, themen, categoría, categorías, sección, etiquetas, etiqueta, palabras clave, temas, categoria, categorie,
    sezione, etichette, parole chiave, temi, kategoria, dział, tagi, słowa kluczowe, tematy""",
    Field.PUBLISHED: """
    date, date created, created, created on, created at, creation date, date published, published, published on,
    published at, publication date, publish date, date posted, posted, posted on, дата, дата створення, створено,
    дата публікації, опубліковано, дата создания, создано, дата публикации, опубликовано, date de création, créé le,
    date de publication, publié le, datum, erstellt, erstellt am, erstellungsdatum, veröffentlicht, veröffentlicht
    am, veröffentlichungsdatum, fecha, fecha de creación, creado, creado el, fecha de publicación, publicado,
    publicado el, data, data di creazione, creato il, data di pubblicazione, pubblicato, pubblicato il, data
    utworzenia, utworzono, data publikacji, opublikowano, data dodania""",
    Field.MODIFIED: """
    date modified, modified, last modified, date updated, updated, last updated, updated on, updated at, дата зміни,
    змінено, оновлено, дата оновлення, дата изменения, изменено, обновлено, дата обновления, date de modification,
    modifié le, mis à jour, mis à jour le, mise à jour, geändert, geändert am, aktualisiert, aktualisiert am, fecha
    de modificación, modificado, actualizado, actualizado el, data di modifica, modificato il, aggiornato,
    aggiornato il, data modyfikacji, zmodyfikowano, zaktualizowano, aktualizacja""",
    Field.AUTHORS: """
    author, authors, by, byline, writer, written by, автор, автори, авторы, auteur, auteurs, autor, autorin,
    autoren, verfasser, autora, autores, autore, autrice, autori, autorka, autorzy""",
    Field.URL: """
    url, link, permalink, source url, article url, address, canonical url, адреса, посилання, адрес, ссылка, lien,
    adresse, enlace, dirección, indirizzo, adres, odnośnik""",
    Field.OTHER: """
    id, article id, source, publisher, outlet, newspaper, site, website, language, lang, country, type, format,
    status, views, word count, words, subtitle, image, comments, created by, date accessed, accessed, retrieved,
    downloaded, crawled, джерело, видання, мова, источник, издание, язык, langue, journal, quelle, sprache, zeitung,
    fuente, idioma, fonte, lingua, źródło, język""",
}
#: Label -> field; the labels are of lower-case words with one space between them.
FIELDS: Final = {label: kind for kind, labels in _LABELS.items() for label in " ".join(labels.split()).split(", ")}

#: What may stand beside a day in a line that tells nothing but when.
AROUND_DAY: Final = frozenset(
    """
    published updated posted modified created last first on at from the by date time am pm a m p utc gmt est edt et
    pt pst pdt bst cet cest eet eest msk ist local kyiv kiev moscow h uhr um den dem der vom stand veröffentlicht
    aktualisiert erstellt geändert zuletzt publié publiée le à mis mise jour modifié el las hora publicado
    actualizado il alle ore pubblicato aggiornato o godz godzina dnia opublikowano aktualizacja dodano data datum
    fecha дата г год года р рік року в о об у опубликовано обновлено изменено опубліковано оновлено змінено час
    время мск за київ москва і и and und monday tuesday wednesday thursday friday saturday sunday mon tue tues wed
    thu thur thurs fri sat sun montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr
    sa so lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo
    lunedì martedì mercoledì giovedì venerdì sabato domenica poniedziałek wtorek środa czwartek piątek sobota
    niedziela понеділок вівторок середа четвер п ятниця субота неділя понедельник вторник среда пятница суббота
    воскресенье пн вт ср чт пт сб вс нд""".split()  # noqa: SIM905 - read as text
)

#: What captions and credits begin with.
PHOTO: Final = tuple(
    " ".join(
        """
    photos?(?:graph)?, pictures?, image, images, illustration, file photo, caption, foto, fotos, bild, bilder,
    symbolbild, archivbild, imagen, imágenes, fotografía, fotografía de archivo, immagine, immagini, zdjęcie, fot,
    ilustracja, фото, світлина, знімок, снимок, иллюстрация, ілюстрація, légende, crédit""".split()  # noqa: SIM905 - read as text
    ).split(", ")
)

#: Who provides pictures besides the news agencies.
PICTURES: Final = tuple(
    " ".join(
        """
        Getty Images, Getty, EPA, EPA-EFE, Shutterstock, Alamy, Sipa, Sipa USA, Imago, imago images, NurPhoto, Zuma
        Press, Maxar, Maxar Technologies, Planet Labs, Planet Labs PBC, Bloomberg, Handout, File, Pool, Twitter,
        Telegram, picture alliance, SOPA Images, LightRocket, Abaca, Abacapress, EyePress, iStock, AP Photo, ABACA,
        Reuters Photo, AA Photo, PA Images, PA Wire, Depositphotos, УНІАН, Unsplash, Wikimedia Commons, Facebook,
        Copernicus, Ukrinform, Global Images Ukraine, Forum, East News""".split()  # noqa: SIM905 - read as text
    ).split(", ")
)
