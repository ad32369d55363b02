"""Config files: what is wrong is said with file, line, what was expected and the nearest known name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.config import Config, choose_sources, load_config, load_sources
from pipelines.errors import ConfigError, ExitCode
from pipelines.toml import line_of

ROOT = Path(__file__).parents[2]


def crawl(folder: Path, text: str) -> Config:
    (folder / "crawl.toml").write_text(text, "utf-8")
    return load_config(folder)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[fetch]\n\ndelay_secnds = 3\n", 3, "did you mean 'delay_seconds'"),
        ("[fetsh]\ndelay_seconds = 3\n", 1, "did you mean 'fetch'"),
        ('[fetch]\nretries = "two"\n', 2, "expected a valid integer"),
        ("[fetch]\nretries = 99\n", 2, "less than or equal to 10"),
        ('[fetch]\nallow_networks = ["127.0.0.0/8", "nope"]\n', 2, "an address or a network"),
        ("[archive]\nroll_bytes = 1.5\n", 2, "expected a valid integer"),
        ("[archive]\nfsync = 1\n", 2, "a valid boolean"),
        ("[collect]\nroutes = ['feeds', 'telegrams']\n", 2, "'feeds', 'news_sitemaps' or 'sitemaps'"),
        ("[fetch\n", 1, "not TOML"),
        ("zzz = 1\n", 1, "known here: archive, collect, derive, discover, fetch, operator"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        crawl(tmp_path, text)
    assert f"crawl.toml:{line}:" in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.exit_code is ExitCode.CONFIG


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        crawl(tmp_path, "[fetch]\nretries = 'x'\nports = ['a']\n\n[derive]\nworkrs = 1\n")
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["2", "3", "6"]


def test_no_file_and_no_utf8(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load_config(tmp_path)
    (tmp_path / "crawl.toml").write_bytes(b"[operator]\nname = '\xff'\n")
    with pytest.raises(ConfigError, match=r"crawl\.toml:2: not UTF-8"):
        load_config(tmp_path)


SOURCE = '[[source]]\nid = "{id}"\nname = "A"\ndomain = "{domain}"\n'


def sources(folder: Path, text: str) -> dict[str, object]:
    (folder / "sources.toml").write_text(text, "utf-8")
    return dict(load_sources(folder))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (SOURCE.format(id="a", domain="ftp://a.test"), 4, "starts with http:// or https://"),
        (SOURCE.format(id="a", domain="http://a.test") + 'feeds = ["nope"]\n', 5, "starts with http:// or https://"),
        (SOURCE.format(id="A b", domain="http://a.test"), 2, "pattern"),
        (SOURCE.format(id="a", domain="http://a.test") + "fedes = []\n", 5, "did you mean 'feeds'"),
        (SOURCE.format(id="a", domain="http://a.test") + 'exclude = ["("]\n', 5, "a regular expression"),
        (SOURCE.format(id="a", domain="http://a.test") * 2, 6, "stands twice"),
    ],
)
def test_a_broken_source_is_refused_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        sources(tmp_path, text)
    assert f"sources.toml:{line}:" in str(caught.value)
    assert words in str(caught.value)


def test_the_line_is_that_of_the_right_table(tmp_path: Path) -> None:
    text = SOURCE.format(id="a", domain="http://a.test") + "\n" + SOURCE.format(id="b", domain="x")
    with pytest.raises(ConfigError, match=r"sources\.toml:9:"):
        sources(tmp_path, text)


def test_choosing_sources(tmp_path: Path) -> None:
    known = load_sources(_folder(tmp_path, ["ua-pravda", "de-tagesschau"]))
    assert [source.id for source in choose_sources(known, "de-tagesschau, ua-pravda")] == ["de-tagesschau", "ua-pravda"]
    assert len(choose_sources(known, "")) == 2
    with pytest.raises(ConfigError, match="did you mean 'ua-pravda'"):
        choose_sources(known, "ua-prawda")


def _folder(path: Path, ids: list[str]) -> Path:
    (path / "sources.toml").write_text("".join(SOURCE.format(id=i, domain=f"http://{i}.test") for i in ids), "utf-8")
    return path


def test_values_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().fetch.retries = 3  # type: ignore[misc]


def test_the_shipped_config_loads() -> None:
    config = load_config(ROOT / "config")
    assert config.fetch.per_host == 1
    assert config.fetch.delay_seconds >= 2


def test_line_of_an_inner_key_that_is_not_there_is_its_table() -> None:
    assert line_of("[a]\nb = 1\n\n[c]\n", ("c", "d")) == 4
