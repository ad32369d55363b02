"""crawl.toml and sources.toml for the sample site: config/ holds those of the demo, tests get theirs for any port."""

from __future__ import annotations

from pathlib import Path

#: The port of the demo, and so the one in config/.
PORT = 8765

FOLDER = Path(__file__).parent / "config"
_ARCHIVE = 'path = "archive-demo"'


def write_config(folder: Path, port: int, archive: Path | str) -> Path:
    """The demo's config in `folder` for another port and archive. Returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    crawl = (FOLDER / "crawl.toml").read_text("utf-8")
    assert _ARCHIVE in crawl
    crawl = crawl.replace(_ARCHIVE, f"path = {quoted(str(archive))}").replace(str(PORT), str(port))
    sources = (FOLDER / "sources.toml").read_text("utf-8").replace(f":{PORT}", f":{port}")
    (folder / "crawl.toml").write_text(crawl, "utf-8")
    (folder / "sources.toml").write_text(sources, "utf-8")
    return folder


def quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = "".join(
        f"\\u{ord(char):04X}" if char < " " or char == "\x7f" else char
        for char in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{escaped}"'
