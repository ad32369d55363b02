"""`warchronicle status` of a re-run's folder."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.console import outcomes_table, print_json, print_table
from pipelines.rerun.progress import Standing, standing

LISTED = 20  # names of each kind that are printed


def show(folder: str, *, as_json: bool) -> None:
    """Print how far a re-run is. Raises `InputError`."""
    now = standing(Path(folder))
    if as_json:
        print_json({"rerun": folder, **now.facts()})
        return
    print_table(
        ("re-run", folder),
        [
            ("state", _state(now)),
            (
                "parts",
                f"{len(now.sealed):,} sealed, {len(now.read):,} derived and to be sealed, {len(now.stale):,} stale",
            ),
            ("left", f"{len(now.left):,} inputs"),
            ("rows", f"{sum(now.outcomes.values()):,}"),
            ("damages", f"{now.damages:,}"),
        ],
    )
    for what, names in (("to be sealed", now.read), ("stale", now.stale), ("left", now.left)):
        if names:
            click.echo()
            more = [f"... and {len(names) - LISTED:,} more"] if len(names) > LISTED else []
            print_table((what,), [(name,) for name in names[:LISTED] + more])
    if now.outcomes:
        click.echo()
        outcomes_table(now.outcomes, "How they ended")


def _state(now: Standing) -> str:
    if now.at_work:
        return "at work"
    return "complete" if now.complete and not now.left else "not finished; the same command goes on with it"
