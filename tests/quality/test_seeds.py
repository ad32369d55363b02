"""The two flattened articles that started the project (../shared/seeds), through `extract --text`."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from pipelines.cli.app import run
from pipelines.errors import ExitCode
from pipelines.model import BODY_KINDS

SEEDS = Path(__file__).parents[2] / "../shared/seeds"
FIRST, SECOND = "000_c96be513e5640d2e", "004_21d610cb596da82b"
SHA256 = {
    FIRST: "4280492dd4a9b5fd6ab48f30dfdb2a08a32cf68758fa019dc249a48b4d37f83f",
    SECOND: "628ae85a1ae92b8bbe7f2421080c2ab678b3d96f4bbb640c5f0a41b6af75e00c",
}

pytestmark = [
    pytest.mark.corpora,
    pytest.mark.skipif(
        not SEEDS.is_dir() and not os.environ.get("REQUIRE_SERVICES"), reason="../shared/seeds is not there"
    ),
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    target = tmp_path_factory.mktemp("seeds") / "rows.jsonl"
    assert run(["extract", "--text", "--jobs", "1", "-o", str(target), str(SEEDS)]) == ExitCode.OK
    found = [json.loads(line) for line in target.read_bytes().splitlines()]
    return {row["id"]: row for row in found}


def source(name: str) -> list[str]:
    """The paragraphs of a seed's file as they stand."""
    return [line.strip() for line in (SEEDS / f"{name}.txt").read_text("utf-8").splitlines() if line.strip()]


def body(row) -> list[dict]:
    return [block for block in row["blocks"] if block["kept"] and block["kind"] in {kind.value for kind in BODY_KINDS}]


@pytest.mark.parametrize("name", SHA256)
def test_the_samples_are_those_that_these_tests_were_written_for(name):
    assert hashlib.sha256((SEEDS / f"{name}.txt").read_bytes()).hexdigest() == SHA256[name]


def test_first_the_title_once_and_not_in_the_text(rows):
    row = rows[FIRST]
    title = source(FIRST)[0]
    assert row["outcome"] == "article"
    assert row["title"] == title
    assert row["title"] not in row["text"]
    removed = [block["removal"] for block in row["blocks"] if block["text"] == title]
    assert removed == ["duplicate_title"]


def test_first_all_of_the_body_and_no_word_of_the_footer(rows):
    row = rows[FIRST]
    lines = source(FIRST)
    assert row["text"].splitlines() == lines[2:-4]
    footer = [block for block in row["blocks"] if block["text"] in lines[-4:]]
    assert [(block["kept"], bool(block["rule"])) for block in footer] == [(False, True)] * 4
    for needle in ("share it with your friends", "We put a lot of heart", "Thank you!", "Related Posts"):
        assert needle not in row["text"]


def test_first_headings_and_agency(rows):
    row = rows[FIRST]
    headings = [block["text"] for block in row["blocks"] if block["kind"] == "heading" and block["kept"]]
    assert len(headings) == 3
    assert "– Ukrainian flag hoisted –" in headings
    assert row["agency"] == "AFP"
    span = row["agency_evidence"]
    assert row["blocks"][span["block"]]["text"][span["start"] : span["end"]] == "AFP"
    assert (row["language"], row["authors"]) == ("en", [])


def test_second_title_body_and_no_label(rows):
    row = rows[SECOND]
    lines = source(SECOND)
    assert row["title"] == lines[0]
    assert row["title"] not in row["text"]
    for label in ("Description", "Category", "Date Created", "09/12/2022", "Tyler Durden", "<u>", "**"):
        assert label not in row["text"], label
    assert len([block for block in body(row) if block["kind"] == "paragraph"]) == 14
    # Every word of the file is in the title or in a block, kept or not.
    said = " ".join([row["title"], *(block["text"] for block in row["blocks"])]).split()
    stands = " ".join(lines).replace("<u>", "").replace("</u>", "").replace("*", "").split()
    assert sorted(said) == sorted(stands)


def test_second_posts_and_caption_are_blocks_of_their_own_kind(rows):
    row = rows[SECOND]
    embeds = [block for block in row["blocks"] if block["kind"] == "embed"]
    assert [(block["post"]["author"], block["post"]["handle"], block["post"]["posted"]) for block in embeds] == [
        ("Alex Plitsas", "@alexplitsas", "2022-09-10"),
        ("Rob Lee", "@RALee85", "2022-09-11"),
        ("Kim Dotcom", "@KimDotcom", "2022-09-10"),
    ]
    assert [block["post"]["url"] for block in embeds] == [
        "https://pic.twitter.com/0EZ4BSVwDn",
        "https://pic.twitter.com/2IPv0N3udp",
        None,  # the third shows no address
    ]
    assert all(block["kept"] and block["text"] in row["text"] for block in embeds)
    assert "during its ongoing counteroffensive." in embeds[0]["text"]  # it spans two lines
    (caption,) = [block["text"] for block in row["blocks"] if block["kind"] == "caption"]
    assert caption.startswith("AFP/Getty Images: ")
    assert caption not in row["text"]


def test_second_metadata(rows):
    row = rows[SECOND]
    assert row["authors"] == ["Tyler Durden"]
    assert row["categories"] == ["Army-Wars-Conflict Zones-Military Tech", "Main"]
    assert row["published"] == "2022-09-12"
    assert row["published_evidence"][0]["source"] == "label:Date Created"
    removed = {block["text"]: block["removal"] for block in row["blocks"] if not block["kept"]}
    assert removed == {
        "Description": "cms_label",
        "by Tyler Durden": "byline",
        "Category": "cms_label",
        "- 1. Army-Wars-Conflict Zones-Military Tech.": "cms_label",
        "- 2. Main": "cms_label",
        "Date Created": "cms_label",
        "09/12/2022": "cms_label",
    }


def test_the_same_rows_in_any_order_and_number_of_workers(rows, tmp_path):
    paths = [str(SEEDS / f"{name}.txt") for name in (SECOND, FIRST)]
    target = tmp_path / "rows.jsonl"
    assert run(["extract", "--text", "--jobs", "2", "-o", str(target), *paths]) == ExitCode.OK
    assert [json.loads(line) for line in target.read_bytes().splitlines()] == [rows[SECOND], rows[FIRST]]
