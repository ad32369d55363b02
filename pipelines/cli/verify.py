"""`warchronicle verify`: whether every record of an archive is still what it was."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pipelines.cli.console import print_json, print_table, progress, say
from pipelines.cli.inputs import WACZ_NAMES, WARC_NAMES, files, is_wacz
from pipelines.errors import ExitCode, InputError
from pipelines.model import Damage, DamageKind
from pipelines.warc.verify import Verified, verify, verify_wacz


@click.command
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: file, offset, kind and detail of each damage.")
def command(inputs: tuple[str, ...], as_json: bool) -> ExitCode:
    """Check WARCs from end to end: frames, lengths, digests, required fields, record ids.

    INPUT is a WARC or ARC file, a WACZ (whose files are held against the hashes in its package, too), or a folder, such
    as a whole archive. Exits 0 only when everything is sound, 3 when something is damaged, 5 when nothing could be
    read. A file that a crawl still writes (.open) may end in the middle of a record: that is said, and is no damage.

    \b
      warchronicle verify archive/
      warchronicle verify --json other.warc.gz | jq .files[].damages
    """  # noqa: D301 - to click, \b is the character: leave the lines as they are
    paths = list(files(inputs, WARC_NAMES + WACZ_NAMES))
    results: list[Verified] = []
    unreadable: list[dict[str, str]] = []
    with progress("verify", len(paths)) as bar:
        for path in paths:
            try:
                for result in verify_wacz(path) if is_wacz(path) else [verify(path)]:
                    if isinstance(result, InputError):
                        unreadable.append({"file": str(path), "error": str(result)})
                    else:
                        results.append(result)
            except InputError as error:
                unreadable.append({"file": str(path), "error": str(error)})
            bar.advance(bar.task_ids[0])
    described = [_facts(result) for result in results]
    sound = not unreadable and all(file["sound"] for file in described)
    if as_json:
        print_json({"sound": sound, "files": described, "unreadable": unreadable})
    else:
        _print(described)
    for fault in unreadable:
        say(f"error: {fault['error']}")
    if not results:
        return ExitCode.INPUT
    return ExitCode.OK if sound else ExitCode.DAMAGE


def _facts(result: Verified) -> dict[str, Any]:
    growing = result.path.name.endswith(".open")
    damages = [damage for damage in result.damages if not (growing and damage.kind is DamageKind.CUT)]
    return {
        "file": str(result.path),
        "bytes": result.bytes,
        "records": dict(sorted(result.records.items())),
        "sound": not damages,
        "growing": growing,
        "damages": [_damage(result.path, damage) for damage in damages],
    }


def _damage(path: Path, damage: Damage) -> dict[str, Any]:
    return {**asdict(damage), "file": str(path), "kind": damage.kind.value}


def _print(described: list[dict[str, Any]]) -> None:
    rows = [
        (
            file["file"],
            sum(file["records"].values()),
            file["bytes"],
            len(file["damages"]),
            "still growing" if file["growing"] and file["sound"] else "sound" if file["sound"] else "DAMAGED",
        )
        for file in described
    ]
    print_table(("file", "records", "bytes", "damages", ""), rows)
    for file in described:
        for damage in file["damages"]:
            click.echo()
            say(f"{file['file']} at {damage['offset']}: {damage['kind']}: {damage['detail']}")
