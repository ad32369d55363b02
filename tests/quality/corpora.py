"""The labelled pages of ../shared/corpora and their scorer."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

CORPORA = Path(__file__).parents[2] / "../shared/corpora"


def scorer():
    """The module score.py. Raises `FileNotFoundError` where the corpora are not."""
    if "corpora_score" in sys.modules:
        return sys.modules["corpora_score"]
    spec = importlib.util.spec_from_file_location("corpora_score", CORPORA / "score.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
