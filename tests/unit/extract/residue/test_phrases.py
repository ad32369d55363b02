"""The phrase rules: the files that come with warchronicle, the syntax, and what stands before and behind a line."""

from __future__ import annotations

import pytest

from pipelines.extract.residue import phrase_check, phrase_files, phrases
from pipelines.extract.residue.phrases import Rulebook

FILES = phrases.rule_files(phrases.rules_folder())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_examples_of_a_file_go_and_its_keeps_stay(path):
    """One file by itself."""
    assert list(phrase_check.faults(Rulebook([phrase_files.read(path)], ""))) == []


def test_no_file_takes_what_another_keeps():
    assert list(phrase_check.faults(phrases.load())) == []
