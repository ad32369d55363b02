"""A session over an archive in a process of its own: derives what waits, does the second pass, and ends. To be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from pipelines.config import Config
from pipelines.session import Session

if __name__ == "__main__":
    session = Session(Path(sys.argv[1]), Config.model_validate({"derive": {"workers": 1}}), spider="child")
    session.close()
