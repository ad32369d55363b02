"""`warchronicle extract`: clean text from saved pages, anybody's WARCs and old dumps, no archive or catalog needed."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from pipelines.cli import explain, pages
from pipelines.cli.console import outcomes_table, output, print_json, progress, say
from pipelines.cli.deriving import Tally, derive_all
from pipelines.cli.inputs import HTML_NAMES, TEXT_NAMES, WACZ_NAMES, WARC_NAMES, files
from pipelines.config import Config, load_config
from pipelines.derive import DeriveSettings
from pipelines.errors import ExitCode, InputError
from pipelines.extract.residue.strip import Evidence
from pipelines.model import Outcome
from pipelines.workers import Worked


@click.command
@click.argument("inputs", metavar="INPUT...", nargs=-1)
@click.option("-o", "--output", "target", metavar="FILE", default="", help="Write to FILE, whole or not at all.")
@click.option("--manifest", metavar="FILE", help="Read JSON Lines of {id, path, url}: HTML files with their addresses.")
@click.option("--url", metavar="URL", default="", help="Address of the page, for one HTML file or stdin.")
@click.option("--jobs", metavar="N", type=click.IntRange(min=0), default=0, help="Worker processes; 0: one a CPU.")
@click.option("--text", "plain", is_flag=True, help="The input is flattened text, not HTML: an old dump of articles.")
@click.option("--text-only", is_flag=True, help="Print the text of articles instead of JSON Lines.")
@click.option("--explain", "explained", is_flag=True, help="Print what was kept and removed, by which rule, not JSON.")
@click.option("--repeats", is_flag=True, help="Also leave out what an outlet repeats in several stories of the input.")
@click.option(
    "--without",
    "without",
    metavar="EVIDENCE",
    type=click.Choice([evidence.value for evidence in Evidence]),
    multiple=True,
    help="Leave out phrases, classifier or repeats as evidence of residue; may be repeated.",
)
@click.option("--config", metavar="DIR", help="Folder of a crawl.toml and residue/ rules to use; without: defaults.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary on stderr as JSON.")
def command(
    inputs: tuple[str, ...],
    target: str,
    manifest: str | None,
    url: str,
    jobs: int,
    plain: bool,
    text_only: bool,
    explained: bool,
    repeats: bool,
    without: tuple[str, ...],
    config: str | None,
    as_json: bool,
) -> ExitCode:
    """Extract articles: a line of JSON for each page, in the order of the input.

    INPUT is an HTML file, a WARC or ARC file (plain, .gz or .zst, anybody's), a WACZ, a folder of any, or - for stdin.
    `warchronicle rerun` also reads s3:// and the web. A page that is no article has a line too, with its outcome. A
    page's address helps to date it and to name its outlet: --url or --manifest tell it for HTML files; WARCs know it.

    With --text, INPUT is a text file, a folder of them (.txt, .text, .md, also .gz) or -: articles that somebody
    flattened long ago. Its first line is taken for the title unless it reads as part of the text; labels such as
    "Category" and "Date Created", bylines and date lines become metadata. The rules are those for pages.

    With --repeats, all pages are read before the first line is written: a paragraph that stands in several stories of
    one outlet is its furniture. Files whose outlet neither --url nor --manifest nor the page itself tells are taken for
    one outlet's where they lie in one folder. A crawl does this by itself.

    \b
      warchronicle extract page.html | jq .
      warchronicle extract --text-only page.html
      warchronicle extract --explain page.html            kept at the left, removed at the right
      warchronicle extract --text dump/ -o rows.jsonl
      warchronicle extract --text --explain article.txt | grep '^-'
      warchronicle extract crawl.warc.gz -o rows.jsonl
      curl -s https://example.org/story | warchronicle extract --url https://example.org/story -

    Exits 0 when all was read, 7 when parts of the input are damaged or can't be read (they are named on stderr), 5 when
    there was nothing to read.
    """  # noqa: D301 - to click, \b is the character: leave the lines as they are
    if not inputs and not manifest:
        raise click.UsageError("name an INPUT, or - for stdin, or --manifest FILE")
    if url and (manifest or len(inputs) != 1 or Path(inputs[0]).is_dir()):
        raise click.UsageError("--url is for one HTML file or stdin; --manifest FILE is for more")
    if explained and text_only:
        raise click.UsageError("--explain and --text-only print different things; choose one")
    settings = load_config(Path(config)) if config else Config()
    derive_settings = _derive_settings(settings, config, without)
    if repeats and Evidence.REPEATS not in derive_settings.residue.evidence:
        raise click.UsageError(
            "--repeats, but --without or derive.residue of crawl.toml leaves repeats out; choose one"
        )
    names = TEXT_NAMES if plain else HTML_NAMES + WARC_NAMES + WACZ_NAMES
    paths = [path for name in inputs for path in ([None] if name == "-" else files([name], names))]
    listed = list(pages.of_manifest(Path(manifest), plain=plain)) if manifest else []
    tally = Tally()
    write = _explain if explained else _text if text_only else _row
    console = Console(highlight=False)
    screen = explained and target in ("", "-") and console.is_terminal
    total = sum(map(_size, paths)) + len(listed)
    with output(target) as file, progress("extract", total, hidden=screen) as bar:
        inputs_of = _inputs(
            paths, listed, url, plain, settings, tally, lambda done: bar.update(bar.task_ids[0], completed=done)
        )
        spool = Path(target).absolute().parent if target not in ("", "-") else None
        for worked in derive_all(inputs_of, settings, derive_settings, jobs, tally, repeats=repeats, spool=spool):
            if screen:
                explain.show(worked.derived, console)
            else:
                file.write(write(worked))
    return _end(tally, as_json=as_json)


def _derive_settings(config: Config, folder: str | None, without: tuple[str, ...]) -> DeriveSettings:
    settings = DeriveSettings.of(config, Path(folder) if folder else None)
    left_out = frozenset(map(Evidence, without))
    return replace(settings, residue=replace(settings.residue, evidence=settings.residue.evidence - left_out))


def _inputs(
    paths: list[Path | None],
    listed: list[pages.Html],
    url: str,
    plain: bool,
    settings: Config,
    tally: Tally,
    advance: Callable[[int], None],
) -> Iterator[pages.Input]:
    """What is to be derived, file after file; one that can't be read is counted, and the next one follows."""
    done = 0
    for path in paths:
        try:
            if plain:
                yield pages.of_text(path, url, settings.fetch.decoded_max)
            elif path is None:
                yield from pages.of_stream(_stdin(), url, settings.fetch.decoded_max)
            else:
                for item in pages.of_file(path, url):
                    yield item
                    if isinstance(item, pages.Page):
                        advance(done + item.record.locator.offset)
        except InputError as error:
            tally.cannot_read(error)
        done += _size(path)
        advance(done)
    for page in listed:
        yield page
        done += 1
        advance(done)


def _stdin() -> io.BufferedReader:
    stream = sys.stdin.buffer
    assert isinstance(stream, io.BufferedReader)
    return stream


def _size(path: Path | None) -> int:
    return path.stat().st_size if path is not None else 0


def _row(worked: Worked) -> bytes:
    return worked.row + b"\n"


def _explain(worked: Worked) -> bytes:
    return "".join(f"{line}\n" for line in explain.lines(worked.derived)).encode("utf-8", "replace")


def _text(worked: Worked) -> bytes:
    article = worked.derived.article
    if worked.derived.outcome is not Outcome.ARTICLE or article is None:
        return b""
    return f"{article.text}\n\n".encode("utf-8", "replace")


def _end(tally: Tally, *, as_json: bool) -> ExitCode:
    if as_json:
        print_json(tally.facts(), err=True)
    else:
        outcomes_table(tally.outcomes, "", err=True)
        if tally.kinds:
            counted = ", ".join(f"{count:,} {kind}" for kind, count in sorted(tally.kinds.items()))
            say(f"records without a row: {counted}")
        for fault in tally.faults:
            say(f"error: {fault}")
        if tally.unlisted:
            say(f"... and {tally.unlisted:,} more; `warchronicle verify` names each")
    if not tally.damages and not tally.unreadable:
        return ExitCode.OK
    return ExitCode.PARTIAL if tally.outcomes else ExitCode.INPUT
