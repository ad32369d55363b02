"""`make demo`: the sample news site is started, crawled whole into archive-demo/, verified and shown. Under a minute.

Only the commands that a user would type are run; what they wrote is then read back from the archive.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from pipelines.config import load_config
from pipelines.errors import ExitCode
from pipelines.store.catalog import Catalog
from tests.site import telling
from tests.site.configs import FOLDER, PORT, write_config
from tests.site.content import SINCE, UNTIL, Content
from tests.site.model import Expected
from tests.site.outlets import OUTLETS

ROOT = Path(__file__).parents[2]
_PIPE_WIDTH = 110  # columns of tables where no terminal says how wide it is
_END_SECONDS = 30.0  # a crawl that is told to stop closes its files within this


class DemoFailedError(Exception):
    """A step did not do what it should; the message says which and what to look at."""

    def __init__(self, message: str, code: int = ExitCode.FAULT) -> None:
        super().__init__(message)
        self.code = code


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.site.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="port of the sample site (default %(default)s)")
    parser.add_argument("--archive", default="archive-demo", help="folder of the archive (default %(default)s)")
    args = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    started = time.monotonic()
    try:
        with _config(args.port, args.archive) as config:
            _demo(console, config, args.port, Path(args.archive))
    except DemoFailedError as error:
        console.print(Text(f"demo: {error}", style="bold red"))
        return error.code
    except KeyboardInterrupt:
        console.print("\nStopped. What was captured is in the archive; the next run goes on from there.")
        return ExitCode.INTERRUPTED
    console.print(Text(f"Done in {time.monotonic() - started:.0f} seconds.", style="dim"))
    return ExitCode.OK


def _demo(console: Console, config: Path, port: int, archive: Path) -> None:
    again = (archive / "catalog.sqlite").exists()
    truth = Content(port, 2 if again else 1).expected()
    with _site(port, 2 if again else 1):
        console.print(
            f"[bold]The sample news site[/] is up: {len(OUTLETS)} outlets, {len(truth)} pages, "
            f"{len({each.language for each in truth.values() if each.language})} languages, "
            f"http://{OUTLETS[0].host}:{port}/ and on."
        )
        console.print(
            f"{archive}/ is there from an earlier run: this one continues it, and asks only for what is new.\n"
            if again
            else f"It is crawled into {archive}/ now.\n"
        )
        crawl = ["scrapy", "crawl", "news", "-a", f"since={SINCE}", "-a", f"until={UNTIL}"]
        # The feed that is a web page counts as a source that failed in part: that is what PARTIAL says.
        _run(console, crawl, config, quiet=["-L", "ERROR"], fine=(ExitCode.OK, ExitCode.PARTIAL))
    _run(console, ["warchronicle", "verify", str(archive)], config)
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    try:
        _tell(console, catalog, truth, archive)
    finally:
        catalog.close()


def _tell(console: Console, catalog: Catalog, truth: dict[str, Expected], archive: Path) -> None:
    ended = telling.outcomes(catalog, truth)
    console.print()
    console.print(telling.kept_table(truth, ended, {outlet.id: outlet.name for outlet in OUTLETS}), soft_wrap=False)
    console.print()
    console.print(telling.why_table(ended), soft_wrap=False)
    console.print()
    console.print(telling.residue_table(catalog), soft_wrap=False)
    row = telling.article_row(catalog)
    if row is None:
        raise DemoFailedError(f"no article was kept; see {archive}/runs/*/skipped.jsonl")
    console.print("\n[bold]One article, as derived from its WARC record[/]\n")
    shown = truth.get(row["url"])
    names = {outlet.id: outlet.name for outlet in OUTLETS}
    telling.show_article(console, row, names[shown.outlet] if shown else "")
    wrong = [*telling.disagreements(truth, ended), *telling.text_faults(truth, catalog)]
    for line in wrong:
        console.print(Text(f"  {line}", style="red"))
    if wrong:
        raise DemoFailedError(f"{len(wrong)} of {len(truth)} pages ended otherwise than the site's own truth says")
    console.print(f"\n[green]All {len(truth)} pages ended as the site's own truth says.[/]\n")
    _next(console, archive)


def _next(console: Console, archive: Path) -> None:
    warc = next(iter(sorted(archive.glob("warc/**/*.warc.gz"))), archive)
    steps = {
        f"warchronicle status {archive}": "what the archive holds",
        f"warchronicle export {archive} --format jsonl -o articles.jsonl": "the articles, one JSON object a line",
        f"warchronicle extract {warc} -o again.jsonl": "derive from the WARC alone, without crawl or catalog",
        "make demo": "again: the same archive goes on, and nothing is fetched twice",
        "scrapy crawl news -a sources=ua-pravda -a since=2022-09-01": "a real outlet, once config/crawl.toml has your operator.contact",
    }
    console.print("[bold]What next[/] (commands are in .venv/bin)")
    for command, meaning in steps.items():
        console.print(Text().append(f"  {command}\n", style="cyan").append(f"      {meaning}", style="dim"))
    console.print()


@contextmanager
def _config(port: int, archive: str) -> Iterator[Path]:
    """The folder of config files: the one that lies beside this file, or a copy for another port or archive."""
    if port == PORT and archive == load_config(FOLDER).archive.path:
        yield FOLDER
        return
    with tempfile.TemporaryDirectory(prefix="warchronicle-demo-") as folder:
        yield write_config(Path(folder), port, archive)


@contextmanager
def _site(port: int, visit: int) -> Iterator[None]:
    """The sample site in a process of its own, ended with ours, whatever happens to us."""
    command = [sys.executable, "-m", "tests.site", "--port", str(port), "--visit", str(visit), "--until-eof"]
    # A session of its own: Ctrl-C reaches the crawl first, which still has answers to wait for.
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as site:
        assert site.stdin is not None
        assert site.stdout is not None
        try:
            if not any(line.startswith("ready:") for line in site.stdout):
                raise DemoFailedError(
                    f"the sample site did not start (see above); `make demo` uses port {PORT}, "
                    "`.venv/bin/python -m tests.site.demo --port P` another",
                    site.wait(),
                )
            yield
        finally:
            site.stdin.close()
            site.wait()


def _run(
    console: Console,
    command: Sequence[str],
    config: Path,
    *,
    quiet: Sequence[str] = (),
    fine: Sequence[int] = (ExitCode.OK,),
) -> None:
    """Runs a command of ours on this terminal. Raises `DemoFailedError` unless its exit code is one of `fine`."""
    where = os.path.relpath(config) if config.is_relative_to(ROOT) else str(config)
    console.print(
        Text("$ ", style="dim")
        .append(f"WARCHRONICLE_CONFIG={where} ", style="dim")
        .append(" ".join(command), style="bold")
    )
    program = Path(sys.executable).parent / command[0]
    if not program.exists():
        program = Path(shutil.which(command[0]) or program)
    environment = {**os.environ, "WARCHRONICLE_CONFIG": str(config)}
    with subprocess.Popen([program, *command[1:], *quiet], env=environment) as running:
        try:
            code = running.wait()
        except KeyboardInterrupt:
            running.wait(_END_SECONDS)  # the terminal told it too
            raise
    if code not in fine:
        name = ExitCode(code).name if code in set(ExitCode) else "a signal" if code < 0 else "unknown"
        raise DemoFailedError(f"`{' '.join(command)}` ended with exit code {code} ({name})", code if code > 0 else 1)


if __name__ == "__main__":
    sys.exit(main())
