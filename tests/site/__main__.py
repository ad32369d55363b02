"""`python -m tests.site [--port P]`: serves the sample news site until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import orjson

from tests.site.configs import PORT
from tests.site.outlets import OUTLETS
from tests.site.sample import SampleSite
from tests.site.sockets import PortTakenError

_PORT_TAKEN = 5


def _await_eof(stop: threading.Event) -> None:
    while os.read(0, 4096):  # not sys.stdin: its lock would be held when the interpreter ends
        pass
    stop.set()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.site", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=PORT, help="port of all outlets; 0 takes a free one (default %(default)s)"
    )
    parser.add_argument("--visit", type=int, default=1, help="2 serves edited stories as edited (default 1)")
    parser.add_argument("--log", type=Path, help="write each request to this file at the end, a JSON line each")
    parser.add_argument(
        "--until-eof", action="store_true", help="end when stdin ends, and so with the process that holds it"
    )
    args = parser.parse_args()
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    try:
        site = SampleSite(args.port, args.visit)
    except PortTakenError as error:
        print(f"tests.site: {error.strerror}", file=sys.stderr)
        return _PORT_TAKEN
    with site:
        for outlet in OUTLETS:
            print(f"{site.base(outlet.id)}/  {outlet.name}")
        print(f"ready: {len(site.expected())} pages at {len(OUTLETS)} outlets; Ctrl-C ends", flush=True)
        if args.until_eof:
            threading.Thread(target=_await_eof, args=(stop,), daemon=True).start()
        stop.wait()
    if args.log:
        with args.log.open("wb") as log:
            log.writelines(orjson.dumps(asdict(hit)) + b"\n" for hit in site.hits)
    return 0


if __name__ == "__main__":
    sys.exit(main())
