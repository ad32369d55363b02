"""What reaches the terminal."""

from __future__ import annotations

import unicodedata

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.cli.app import VERBS, run
from pipelines.cli.console import print_table, printable
from pipelines.errors import ExitCode, InputError


@given(st.text())
@example("\x1b]0;title\x07\u202egnp.exe\u2028\x9b2J\ud800")
def test_no_text_steers_a_terminal(text):
    shown = printable(text)
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_categories=["Cc"])))
def test_plain_text_stays_as_it_is(text):
    assert printable(text) == text


def test_a_table_in_a_pipe_is_plain_and_not_cut(capsys):
    print_table(("file", "count"), [("x" * 300, 12345), ("[red]y[/red]\x1b[31m", 1)])
    out = capsys.readouterr().out
    assert out.splitlines()[1].split() == ["x" * 300, "12,345"]
    assert "[red]y[/red]\\x1b[31m" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples_and_one_file(verb, capsys):
    assert run([verb, "--help"]) == ExitCode.OK
    out = capsys.readouterr().out
    assert f"  warchronicle {verb}" in out


def test_help_and_version(capsys):
    assert run(["--help"]) == ExitCode.OK
    out = capsys.readouterr().out
    assert all(f"  {verb} " in out for verb in VERBS)
    assert run(["--version"]) == ExitCode.OK
    assert run(["nothing"]) == ExitCode.USAGE
    assert "No such command" in capsys.readouterr().err


def test_errors_of_operators_are_a_line_and_faults_of_ours_are_raised(capsys, monkeypatch):
    def command_that(error):
        @click.command("status")
        def command():
            raise error

        return command

    monkeypatch.setattr("pipelines.cli.status.command", command_that(InputError("x\x1b: there is no such file")))
    assert run(["status"]) == ExitCode.INPUT
    assert capsys.readouterr().err == "error: x\\x1b: there is no such file\n"
    monkeypatch.setattr("pipelines.cli.status.command", command_that(ZeroDivisionError("ours")))
    with pytest.raises(ZeroDivisionError):
        run(["status"])
