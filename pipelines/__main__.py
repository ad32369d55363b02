"""`python -m pipelines` is `warchronicle`."""

from __future__ import annotations

from pipelines.cli.app import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
