"""`warchronicle status`: what an archive holds, and what is still to do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipelines.cli import rerun_status
from pipelines.cli.archive import CATALOG, open_catalog
from pipelines.cli.console import outcomes_table, print_json, print_table
from pipelines.config import load_config
from pipelines.rerun.layout import is_rerun
from pipelines.store.catalog import Catalog

LAST_RUNS = 5


@click.command
@click.argument("archive", metavar="[DIR]", default="")
@click.option("--config", metavar="DIR", default="config", show_default=True, help="Folder of crawl.toml.")
@click.option("--json", "as_json", is_flag=True, help="Print all facts as JSON, with every run.")
def command(archive: str, config: str, as_json: bool) -> None:
    """Show what an archive holds: WARCs, captures, outcomes, what waits, the last runs.

    DIR is the archive's folder; without it, archive.path of crawl.toml. Nothing is changed, and a crawl may be at work.
    Of a re-run's folder it shows the parts that are done, and what is left.

    \b
      warchronicle status
      warchronicle status archive/ --json | jq .ledger
      warchronicle status again/                          a re-run's --out
    """  # noqa: D301 - to click, \b is the character: leave the lines as they are
    folder = archive or load_config(Path(config)).archive.path
    if is_rerun(Path(folder)):
        rerun_status.show(folder, as_json=as_json)
        return
    with open_catalog(folder) as catalog:
        facts = _facts(Path(folder), catalog)
    if as_json:
        print_json(facts)
    else:
        _print(facts)


def _facts(archive: Path, catalog: Catalog) -> dict[str, Any]:
    warcs = list((archive / "warc").rglob("*.warc.gz"))
    growing = list((archive / "warc").rglob("*.warc.gz.open"))
    return {
        "archive": str(archive),
        "warcs": {
            "sealed": len(warcs),
            "open": [str(path.relative_to(archive)) for path in sorted(growing)],
            "bytes": sum(path.stat().st_size for path in (*warcs, *growing)),
        },
        "catalog_bytes": (archive / CATALOG).stat().st_size,
        "captures": catalog.captures_by_kind(),
        "outcomes": catalog.counts(),
        "ledger": catalog.ledger_states(datetime.now(UTC)),
        "runs": [run.facts() for run in catalog.runs()],
    }


def _print(facts: dict[str, Any]) -> None:
    warcs, ledger = facts["warcs"], facts["ledger"]
    states = ", ".join(f"{count:,} {state}" for state, count in ledger.items() if state != "due")
    print_table(
        ("archive", facts["archive"]),
        [
            ("WARCs", f"{warcs['sealed']:,} sealed, {len(warcs['open']):,} open, {warcs['bytes']:,} bytes"),
            ("captures", ", ".join(f"{count:,} {kind}" for kind, count in facts["captures"].items()) or "none"),
            ("URLs", f"{states} ({ledger['due']:,} of the retries due)"),
            ("runs", f"{len(facts['runs']):,}"),
        ],
    )
    click.echo()
    outcomes_table(facts["outcomes"], "How they ended")
    click.echo()
    last = [(run["run"], run["state"], run["started"][:19], run["reason"]) for run in facts["runs"][-LAST_RUNS:]]
    print_table(("run", "state", "started", "reason"), reversed(last), title="Last runs")
