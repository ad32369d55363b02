"""Make pipelines/extract/body/weights.toml anew from the labelled pages of ../shared/corpora.

    python -m tests.quality.train                      # train on all, write the weights
    python -m tests.quality.train --cross-validate     # score pages by weights that never saw their publisher
    python -m tests.quality.train --without-language de   # no page and no phrase rule of a language; score its pages

Truth: a line of a page is its article's if the labelled paragraphs have it (score.py's own test), or, in trafeval, if it
has a snippet that must occur, and is not if it has one that must not. Lines that nobody labelled, optional paragraphs
and the headline teach nothing. A page counts by the square root of its lines, so that long ones do not rule.
Two logistic regressions: the second learns from what the first says of lines whose publisher it did not see.
"""

from __future__ import annotations

import argparse
import re
import shutil
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import ignore_patterns
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines.extract import decode, facts, metadata, text
from pipelines.extract.article import extract
from pipelines.extract.body import choose, classify
from pipelines.extract.body.features import Features, features
from pipelines.extract.body.segments import segments
from pipelines.extract.body.shingles import Shingles, tokens
from pipelines.extract.page import parse
from pipelines.extract.residue import phrases
from pipelines.extract.residue.strip import Residue
from tests.quality.corpora import CORPORA, scorer

FOLDS = 5
STRENGTH = 0.3  # scikit-learn's C
CORPUS_WEIGHT = {"daniel": 0.3, "trafeval": 0.5}  # many pages a site; snippets only
score = scorer()


@dataclass(frozen=True)
class Table:
    """A page's lines as numbers."""

    record: str
    site: str
    weight: float
    features: Features
    truth: np.ndarray  # 1, 0, or nan


def table(record: dict) -> Table | None:
    warnings.simplefilter("ignore")
    page = parse(decode.decode(score.html_of(CORPORA, record), "").text)
    if page is None:
        return None
    stated = facts.gather(page, record["url"] or "")
    lines = segments(page.tree).lines
    if not lines:
        return None
    extractor = Shingles(tokens(block.text) for block in text.blocks(page, fast=True))
    titles = metadata.title(stated, record["url"] or "")
    made = features(lines, choose.witnesses(extractor, stated, titles))
    truth = labels([line.text for line in lines], made.is_title, record)
    known = max(1, np.isfinite(truth).sum())
    weight = CORPUS_WEIGHT.get(record["corpus"], 1.0) / known**0.5
    return Table(record["id"], record["site"], weight, made, truth)


def labels(lines: list[str], is_title: np.ndarray, record: dict) -> np.ndarray:
    truth = np.full(len(lines), np.nan)
    if record["paragraphs"]:
        roles = record["roles"]
        wanted = score.Lookup([p for p, role in zip(record["paragraphs"], roles, strict=True) if role != "optional"])
        optional = score.Lookup([p for p, role in zip(record["paragraphs"], roles, strict=True) if role == "optional"])
        for index, line in enumerate(lines):
            if words := score.words(line):
                truth[index] = wanted.has(words)
                if not truth[index] and "optional" in roles and optional.has(words):
                    truth[index] = np.nan
    else:
        wanted, unwanted = (
            [re.sub(r"\s+", " ", snippet).strip() for snippet in record.get(key, [])] for key in ("with", "without")
        )
        for index, line in enumerate(lines):
            if any(snippet in line for snippet in wanted):
                truth[index] = 1
            elif any(snippet in line for snippet in unwanted):
                truth[index] = 0
    truth[is_title] = np.nan
    return truth


def fit(names: tuple[str, ...], x: np.ndarray, y: np.ndarray, w: np.ndarray) -> dict[str, float]:
    """A weight for each feature as it comes, and the bias."""
    known = np.isfinite(y)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=500))
    model.fit(x[known], y[known], logisticregression__sample_weight=w[known])
    scaler, regression = model
    per_unit = regression.coef_[0] / scaler.scale_
    bias = regression.intercept_[0] - (per_unit * scaler.mean_).sum()
    return {
        classify.BIAS: round(float(bias), 4),
        **{name: round(float(value), 4) for name, value in zip(names, per_unit, strict=True)},
    }


def train(tables: list[Table]) -> classify.Weights:
    names = tables[0].features.names
    x = np.concatenate([one.features.table for one in tables])
    y = np.concatenate([one.truth for one in tables])
    w = np.concatenate([np.full(len(one.truth), one.weight) for one in tables])
    page = np.concatenate([np.full(len(one.truth), index) for index, one in enumerate(tables)])
    sites = {site: number for number, site in enumerate(sorted({one.site for one in tables}))}
    group = np.array([sites[tables[index].site] for index in page])
    said = np.zeros(len(y), dtype=np.float32)
    for taught, asked in GroupKFold(FOLDS).split(x, groups=group):
        said[asked] = classify.weigh(names, x[asked], fit(names, x[taught], y[taught], w[taught]))
    company, start = [], 0
    for one in tables:
        stop = start + len(one.truth)
        more, columns = classify.neighbours(one.features, said[start:stop])
        company.append(columns)
        start = stop
    second = fit((*names, *more), np.concatenate([x, np.concatenate(company)], axis=1), y, w)
    return classify.Weights(fit(names, x, y, w), second)


def written(weights: classify.Weights, pages: int) -> str:
    lines = [
        "# What the lines of a page weigh as its article's text: pipelines/extract/body/classify.py reads it.",
        f"# Made by `python -m tests.quality.train` from {pages} labelled pages; not edited by hand.",
        "# A weight is per unit of its feature (features.py says what each is); above 0 speaks for the line.",
    ]
    for name, table in (("first", weights.first), ("second", weights.second)):
        lines += ["", f"[{name}]", *(f"{feature} = {value}" for feature, value in table.items())]
    return "\n".join(lines) + "\n"


def predicted(folder: Path, record: dict) -> tuple[str, dict]:
    """A page's text, made with the weights and the phrase rules of `folder`."""
    warnings.simplefilter("ignore")
    if folder / "weights.toml" != classify.WEIGHTS:
        classify.WEIGHTS = folder / "weights.toml"
        classify.weights.cache_clear()
    residue = Residue(rules=folder / "residue")
    article = extract(score.html_of(CORPORA, record), record["url"] or "", residue=residue).article
    return record["id"], {"text": article.text if article else ""}


def folds(tables: list[Table], language: str, records: dict[str, dict]) -> Iterator[tuple[list[Table], list[Table]]]:
    if language:
        asked = [one for one in tables if records[one.record]["lang"] == language]
        sites = {one.site for one in asked}
        yield [one for one in tables if one.site not in sites and records[one.record]["lang"] != language], asked
        return
    names = sorted({one.site for one in tables})
    groups = np.array([names.index(one.site) for one in tables])
    for taught, asked in GroupKFold(FOLDS).split(groups, groups=groups):
        yield [tables[index] for index in taught], [tables[index] for index in asked]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cross-validate", action="store_true")
    parser.add_argument("--without-language", default="")
    options = parser.parse_args()
    language = options.without_language
    records = {record["id"]: record for record in score.load(CORPORA)}
    with ProcessPoolExecutor() as pool, TemporaryDirectory() as folder:
        tables = [one for one in pool.map(table, records.values(), chunksize=16) if one is not None]
        if not options.cross_validate and not language:
            weights = train(tables)
            classify.WEIGHTS.write_text(written(weights, len(tables)), encoding="utf-8")
            print(
                f"{classify.WEIGHTS.name}: {len(weights.first)} and {len(weights.second)} weights, {len(tables)} pages"
            )
            return
        made = {}
        for number, (taught, asked) in enumerate(folds(tables, language, records)):
            fold = Path(folder) / str(number)
            shutil.copytree(phrases.rules_folder(), fold / "residue", ignore=ignore_patterns(f"{language}.toml"))
            (fold / "weights.toml").write_text(written(train(taught), len(taught)), encoding="utf-8")
            made |= dict(pool.map(partial(predicted, fold), (records[one.record] for one in asked), chunksize=8))
        print(score.table(score.evaluate([records[name] for name in made], made)[1]))


if __name__ == "__main__":
    main()
