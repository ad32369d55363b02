"""Servers that several folders of tests share: one of each for the whole session."""

from __future__ import annotations

from tests.services.rgw import rgw

__all__ = ["rgw"]
