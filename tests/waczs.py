"""WACZ files for tests, packed by hand as WACZ 1.1.1 says, so that they can be wrong in one place."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.warc import cdxj

HEAD = '{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}\n'


def contents(warcs: list[Path]) -> dict[str, bytes]:
    """What such a file holds besides its package: WARCs, an index of all of them, a list of pages."""
    lines = sorted(line for path in warcs for line in cdxj.index(path))
    files = {f"archive/{path.name}": path.read_bytes() for path in warcs}
    return files | {
        "indexes/index.cdxj": "".join(f"{line}\n" for line in lines).encode(),
        "pages/pages.jsonl": HEAD.encode(),
    }


def package(files: Mapping[str, bytes]) -> dict[str, Any]:
    resources = [
        {"name": path.rpartition("/")[2], "path": path, "hash": sha256(data), "bytes": len(data)}
        for path, data in files.items()
    ]
    return {"profile": "data-package", "wacz_version": "1.1.1", "software": "tests", "resources": resources}


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def write(
    target: Path,
    files: Mapping[str, bytes],
    described: Mapping[str, Any] | bytes | None = None,
    *,
    deflated: bool = False,
    digest: str | None = None,
) -> Path:
    """A WACZ of `files`; `described` stands in for the right datapackage.json, `digest` for its right hash."""
    data = described if isinstance(described, bytes) else json.dumps(described or package(files)).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
        archive.writestr("datapackage.json", data)
        stated = {"path": "datapackage.json", "hash": digest or sha256(data)}
        archive.writestr("datapackage-digest.json", json.dumps(stated))
    return target


def make(target: Path, warcs: list[Path]) -> Path:
    return write(target, contents(warcs))
