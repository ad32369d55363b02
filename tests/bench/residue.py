"""What each source of evidence adds to the text, beside trafilatura's four modes, on the labelled pages of ../shared/corpora.

    python tests/bench/residue.py [--every N] [CORPUS ...]

False removals: share of the labelled paragraphs that stand among the blocks we removed and not among those we kept. The
weights were trained on these very pages: `python -m tests.quality.train --cross-validate` scores publishers that they
never saw. The last line is JSON: for each variant `false_removals` (percent), and for each corpus its measures.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.quality.corpora import CORPORA, scorer  # noqa: E402
from tests.quality.evidence import false_removals, measure  # noqa: E402

SHOWN = ("F4", "P4", "R4", "residM", "lostM", "clean", "perfect", "snip", "title", "date", "author")


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
