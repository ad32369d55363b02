"""What each source of evidence adds to the text, beside trafilatura's four modes, on the labelled pages of ../shared/corpora.

    python tests/bench/residue.py [--every N] [CORPUS ...]

Repetition is learnt from the pages themselves, outlet by outlet, as `warchronicle extract --repeats` does. False removals:
share of the labelled paragraphs that stand among the blocks we removed and not among those we kept. The weights were
trained on these very pages: `python -m tests.quality.train --cross-validate` scores publishers that they never saw.
The last line is JSON: for each variant `false_removals` (percent), and for each corpus F4, residM, lostM and clean.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from trafilatura import bare_extraction  # noqa: E402

from pipelines.extract.article import extract  # noqa: E402
from pipelines.extract.residue import prints, repeats  # noqa: E402
from pipelines.extract.residue.strip import Evidence, Residue  # noqa: E402
from pipelines.model import BODY_KINDS  # noqa: E402
from tests.quality.corpora import CORPORA, scorer  # noqa: E402

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
SHOWN = ("F4", "P4", "R4", "residM", "lostM", "clean", "perfect", "snip")


def theirs(record: dict) -> dict[str, dict]:
    """A page by trafilatura's four modes."""
    html, url = scorer().html_of(CORPORA, record), record["url"] or None
    made = {mode: bare_extraction(html, url=url, include_comments=False, **options) for mode, options in MODES.items()}
    return {f"trafilatura, {mode}": {"text": document.text if document else ""} for mode, document in made.items()}


def ours(record: dict, residue: Residue) -> tuple[dict, prints.Print | None]:
    """A page by us: kept text and removed lines, and what repetition is learnt from."""
    article = extract(scorer().html_of(CORPORA, record), record["url"] or "", residue=residue).article
    if article is None:
        return {"text": "", "removed": []}, None
    removed = [block.text for block in article.blocks if not block.kept and block.kind in BODY_KINDS]
    return {"text": article.text, "removed": removed}, prints.take(article, record["site"])


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
        kept = score.Lookup(score.lines(page["text"]))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*")
    parser.add_argument("--every", type=int, default=1, help="every n-th page only")
    options = parser.parse_args()
    score = scorer()
    records = score.load(CORPORA, options.corpora)[:: options.every]
    made = measure(records)
    facts: dict[str, dict] = {}
    for name, pages in made.items():
        result = score.evaluate(records, pages)[1]
        wrong = false_removals(records, pages)
        facts[name] = {"false_removals": round(wrong, 3)}
        print(f"\n{name}   false removals {wrong:.2f} %")
        for corpus, measured in result.items():
            shown = {key: round(measured[key], 3) for key in SHOWN if measured.get(key) is not None}
            print(f"  {corpus:10}" + "".join(f"{key} {value:<7}" for key, value in shown.items()))
            facts[name][corpus] = {
                key: shown[key] for key in ("F4", "residM", "lostM", "clean", "snip") if key in shown
            }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
