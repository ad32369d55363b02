"""The labelled pages by trafilatura's four modes and by us with one source of evidence after the other.

Repetition is learnt from the pages themselves, outlet by outlet, as `warchronicle extract --repeats` does.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor

from trafilatura import bare_extraction

from pipelines.extract.article import extract
from pipelines.extract.residue import prints, repeats
from pipelines.extract.residue.strip import Evidence, Residue
from pipelines.model import BODY_KINDS
from tests.quality.corpora import CORPORA, scorer

MODES = {
    "standard": {},
    "fast": {"fast": True},
    "precision": {"favor_precision": True},
    "recall": {"favor_recall": True},
}
BOTH = "phrases + classifier"
WHOLE = "phrases + classifier + repeats"
OURS = {
    "no evidence of ours": frozenset(),
    "phrases": frozenset({Evidence.PHRASES}),
    "classifier": frozenset({Evidence.CLASSIFIER}),
    BOTH: frozenset({Evidence.PHRASES, Evidence.CLASSIFIER}),
}


def theirs(record: dict) -> dict[str, dict]:
    """A page by trafilatura's four modes."""
    html, url = scorer().html_of(CORPORA, record), record["url"] or None
    made = {}
    for mode, options in MODES.items():
        found = bare_extraction(html, url=url, include_comments=False, with_metadata=True, **options)
        made[f"trafilatura, {mode}"] = (
            {"text": found.text, "title": found.title, "date": found.date, "author": found.author} if found else {}
        )
    return made


def ours(record: dict, residue: Residue) -> tuple[dict, prints.Print | None]:
    """A page by us: kept text and removed lines, and what repetition is learnt from."""
    article = extract(scorer().html_of(CORPORA, record), record["url"] or "", residue=residue).article
    if article is None:
        return {}, None
    page = {
        "text": article.text,
        "removed": [block.text for block in article.blocks if not block.kept and block.kind in BODY_KINDS],
        "title": article.title,
        "date": article.published[:10],
        "author": list(article.authors),
        "language": article.language,
        "paywalled": bool(article.access and article.access.cut),
    }
    return page, prints.take(article, record["site"])


def first(record: dict) -> tuple[dict[str, dict], prints.Print | None]:
    warnings.simplefilter("ignore")
    made, taken = theirs(record), None
    for name, evidence in OURS.items():
        made[name], taken = ours(record, Residue(evidence))
    return made, taken


def second(record: dict, part: repeats.Part) -> dict:
    warnings.simplefilter("ignore")
    return ours(record, Residue(repeated=part))[0]


def false_removals(records: list[dict], made: dict[str, dict]) -> float:
    """In percent of the labelled paragraphs."""
    score = scorer()
    lost = every = 0
    for record in records:
        page = made[record["id"]]
        kept = score.Lookup(score.lines(page.get("text", "")))
        removed = score.Lookup(page.get("removed", []))
        for paragraph, role in zip(record["paragraphs"], record["roles"], strict=True):
            words = score.words(paragraph)
            if words and role != "optional" and paragraph != record["title"]:
                every += 1
                lost += not kept.has(words) and removed.has(words)
    return 100 * lost / max(1, every)


def measure(records: list[dict], workers: int | None = None) -> dict[str, dict[str, dict]]:
    """Variant -> page -> what came of it."""
    with ProcessPoolExecutor(workers) as pool:
        done = list(pool.map(first, records, chunksize=4))
        made: dict[str, dict[str, dict]] = defaultdict(dict)
        outlets: dict[str, list[prints.Print]] = defaultdict(list)
        for record, (variants, taken) in zip(records, done, strict=True):
            for name, page in variants.items():
                made[name][record["id"]] = page
            if taken is not None:
                outlets[taken.outlet].append(taken)
        learnt = {name: repeats.learn(name, pages) for name, pages in outlets.items()}
        parts = {
            record["id"]: part
            for record, (_, taken) in zip(records, done, strict=True)
            if taken is not None and (part := learnt[taken.outlet].part(taken))
        }
        again = [record for record in records if record["id"] in parts]
        pages = pool.map(second, again, [parts[record["id"]] for record in again], chunksize=4)
        made[WHOLE] = made[BOTH] | {record["id"]: page for record, page in zip(again, pages, strict=True)}
    return dict(made)
