"""docs/reference.md against the code: no setting, outcome, code, command or option is missing, invented or out of date."""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import pkgutil
import re
from enum import Enum
from pathlib import Path

import click
import pytest
from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

import crawler.commands
from crawler.spiders.ledger import LedgerSpider
from pipelines.cli.app import app
from pipelines.config import Config, Source, load_config, load_sources
from pipelines.errors import ExitCode
from pipelines.extract.residue import phrase_files
from pipelines.model import DamageKind, Outcome, Removal
from pipelines.store.catalog_schema import LedgerState, metadata
from pipelines.store.runs import run_folder

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/reference.md").read_text("utf-8")
SPIDERS = SpiderLoader(Settings({"SPIDER_MODULES": ["crawler.spiders"]}))


def section(title: str) -> str:
    """The text below a heading, down to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,2}} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference.md has no section {title!r}"
    level, text = len(found[1]), found[2]
    return re.split(rf"^#{{1,{level}}} ", text, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str, first: str = "") -> list[list[str]]:
    """The cells of the tables in a text; of those whose head begins with `first`, if it is named."""
    tables = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    found = []
    for table in tables:
        head, _, *body = ([cell.strip() for cell in line.strip("| \n").split(" | ")] for line in table.splitlines())
        if not first or head[0] == first:
            found += body
    return found


def names(text: str, first: str = "") -> list[str]:
    return [cells[0].strip("`") for cells in rows(text, first)]


def default(field) -> str:
    if field.is_required():
        return "required"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return "" if value is None else f"`{json.dumps(value)}`"


def fields(model, prefix: str) -> list[str]:
    return [
        f"| `{prefix}{name}` | {default(field)} | {field.description} |" for name, field in model.model_fields.items()
    ]


@pytest.mark.parametrize("name", Config.model_fields)
def test_every_setting_with_its_default_and_meaning(name):
    text = section(f"[{name}]")
    expected = fields(Config.model_fields[name].annotation, f"{name}.")
    assert [line for line in text.splitlines() if line.startswith("| `")] == expected


def test_every_key_of_a_source():
    lines = [line for line in section("sources.toml").splitlines() if line.startswith("| `")]
    assert lines == fields(Source, "source.")


def test_no_section_of_settings_is_invented():
    assert re.findall(r"^#### \[(\w+)\]$", PAGE, re.MULTILINE) == list(Config.model_fields)


@pytest.mark.parametrize(
    ("title", "first", "enum"),
    [
        ("Outcomes", "outcome", Outcome),
        ("Removals", "removal", Removal),
        ("Damages", "damage", DamageKind),
        ("The catalog", "state", LedgerState),
    ],
)
def test_every_named_value_and_no_other(title: str, first: str, enum: type[Enum]):
    assert sorted(names(section(title), first)) == sorted(member.value for member in enum)
    assert all(cells[1] for cells in rows(section(title), first))


def test_every_exit_code_with_its_number():
    documented = [(int(cells[0]), cells[1].strip("`")) for cells in rows(section("Exit codes"))]
    assert documented == [(code.value, code.name) for code in ExitCode]


def test_every_table_of_the_catalog():
    assert sorted(names(section("The catalog"), "table")) == sorted(metadata.tables)


def options_of(command: click.Command) -> list[str]:
    return [
        f"| `{', '.join(option.opts)}` | {option.help} |"
        for option in command.params
        if isinstance(option, click.Option)
    ]


def test_every_verb_and_each_of_its_options():
    context = click.Context(app)
    verbs = app.list_commands(context)
    assert re.findall(r"^### warchronicle (\w+)$", PAGE, re.MULTILINE) == verbs
    for verb in verbs:
        command = app.get_command(context, verb)
        lines = [line for line in section(f"warchronicle {verb}").splitlines() if line.startswith("| `")]
        assert lines == options_of(command), verb


class Plain(ScrapyCommand):
    def short_desc(self) -> str:
        return ""

    def run(self, args, opts) -> None:
        raise AssertionError


def flags(command: ScrapyCommand) -> set[str]:
    command.settings = Settings()
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    return {flag for action in parser._actions for flag in action.option_strings}


def test_every_crawling_command_and_each_of_its_options():
    commands = {
        module.name: importlib.import_module(f"crawler.commands.{module.name}").Command()
        for module in pkgutil.iter_modules(crawler.commands.__path__)
    }
    assert sorted(re.findall(r"^### scrapy (\w+)$", PAGE, re.MULTILINE)) == sorted(commands)
    for name, command in commands.items():
        documented = {flag for cell in names(section(f"scrapy {name}"), "option") for flag in cell.split(", ")}
        assert documented == flags(command) - flags(Plain()), name


def test_every_argument_of_the_crawling_spiders():
    for name in SPIDERS.list():
        spider = SPIDERS.load(name)
        if not issubclass(spider, LedgerSpider):
            continue  # one that a command of ours runs
        known = [p for p in inspect.signature(spider.__init__).parameters if p not in ("self", "args", "kwargs")]
        cells = names(section("scrapy crawl"), f"argument of `{name}`")
        assert [re.match(r"-a (\w+)=", cell)[1] for cell in cells] == known, name


def test_what_the_page_says_of_folders_is_so():
    text = section("The archive folder")
    for place in (
        "warc/YYYY/MM/DD/",
        "text/YYYY/MM/DD/<host>/<slug>-<id>.txt",
        "catalog.sqlite",
        "runs/<run-id>/run.json",
    ):
        assert place in text
    assert str(run_folder(Path(), "<run-id>")) == "runs/<run-id>"


@pytest.mark.parametrize("path", sorted(ROOT.glob("config/**/*.toml")), ids=lambda path: path.name)
def test_every_shipped_config_file_loads(path):
    loaders = {"crawl.toml": load_config, "sources.toml": load_sources}
    if path.parent.name == "residue":
        rules = phrase_files.read(path).rules
        assert {rule.name.partition(":")[0] for rule in rules} == {path.stem}
        return
    assert path.name in loaders, "teach this test to load it"
    assert loaders[path.name](path.parent)
