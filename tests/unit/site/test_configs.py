"""The configs that come with the site load and fit it, and a taken port is refused clearly."""

from __future__ import annotations

import socket
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config import load_config, load_sources
from tests.site.configs import FOLDER, PORT, quoted, write_config
from tests.site.outlets import OUTLETS
from tests.site.sample import SampleSite
from tests.site.sockets import PortTakenError
from tests.unit.site.asking import ask

ROOT = Path(__file__).parents[3]


def test_the_demos_config_loads_and_fits_the_site():
    config, sources = load_config(FOLDER), load_sources(FOLDER)
    assert config.archive.path == "archive-demo"
    assert config.fetch.allow_networks == ("127.0.0.0/8",)
    assert PORT in config.fetch.ports
    assert list(sources) == [outlet.id for outlet in OUTLETS]
    for outlet in OUTLETS:
        source, base = sources[outlet.id], f"http://{outlet.host}:{PORT}"
        assert source.domain == f"{base}/"
        assert source.name == outlet.name
        assert source.languages == outlet.languages
        configured = {*source.feeds, *source.sitemaps, *source.news_sitemaps}
        served = {base + path for path in (*outlet.feeds, *outlet.sitemaps, *outlet.news_sitemaps)}
        assert configured == (set() if outlet.id == "kurier" else served)


def test_a_config_for_another_port_and_archive(tmp_path):
    write_config(tmp_path / "config", 4321, tmp_path / 'odd "name"')
    config, sources = load_config(tmp_path / "config"), load_sources(tmp_path / "config")
    assert config.archive.path == str(tmp_path / 'odd "name"')
    assert config.fetch.ports == (80, 443, 4321)
    assert sources["courier"].feeds == ("http://127.0.0.11:4321/rss.xml",)


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_can_be_quoted_for_toml(text):
    assert tomllib.loads(f"key = {quoted(text)}") == {"key": text}


def test_a_taken_port_is_said_and_leaves_no_socket():
    with socket.create_server(("127.0.0.13", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} .* in use"):
            SampleSite(port)
        with socket.create_server(("127.0.0.11", port)):
            pass  # the sockets bound before the one that failed are closed


def test_two_sites_at_once_take_different_ports():
    with SampleSite() as one, SampleSite() as other:
        assert one.port != other.port
        for site in (one, other):
            assert ask("127.0.0.11", site.port, "/").status == 200
