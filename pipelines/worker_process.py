"""The parent's hold on one worker process: a program of its own, asked one thing at a time, killed at will."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Final

from pipelines.worker import Reply, Setting

START_SECONDS: Final = 120.0  # a worker that is not ready by then never will be
_PACKAGES: Final = Path(__file__).resolve().parent.parent
_BOOT: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from pipelines.worker import serve; serve(*map(int, sys.argv[2:]))"
)
# Pages are the unit of parallel work; a numeric library that starts threads for each would only take memory.
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TZ": "UTC"}


class DiedError(Exception):
    """The process ended in the middle of a call; the message says how."""


class WorkerProcess:
    """One worker. `start`, `ask` and `stop` belong to one thread; `kill` may come from any."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._link: Connection | None = None
        self._asked = 0
        self._over = False

    @property
    def pid(self) -> int:
        """0 if none runs."""
        return self._process.pid if self._process else 0

    def start(self) -> bool:
        """Have a process that is ready; True if it has not been asked anything yet.

        Raises `RuntimeError` if none can be started, `DiedError` after `kill`.
        """
        if self._process is None:
            self._launch()
        return self._asked == 0

    def ask(self, call: tuple[Any, ...], timeout: float) -> Reply:
        """The worker's reply. Raises `TimeoutError` after `timeout` seconds, `DiedError`; in both cases it is gone."""
        link = self._link
        assert link is not None
        self._asked += 1
        try:
            link.send(call)
            if not link.poll(timeout):
                self._end(kill=True)
                raise TimeoutError
            reply: Reply = link.recv()
        except (EOFError, ConnectionError):
            raise DiedError(self._end(kill=False)) from None
        if reply.retiring:
            self._end(kill=False)
        return reply

    def stop(self) -> None:
        """End the process; it is idle."""
        self._end(kill=True)

    def kill(self) -> None:
        """End it for good, whatever it does."""
        with self._lock:
            self._over = True
            if self._process is not None:
                self._process.kill()

    def _launch(self) -> None:
        ours, theirs = Pipe()
        descriptor = theirs.fileno()
        command = [sys.executable, "-P", "-W", "ignore", "-c", _BOOT]
        command += [str(_PACKAGES), str(descriptor), str(os.getpid())]
        with self._lock:
            if self._over:
                ours.close()
                theirs.close()
                raise DiedError("was ended")
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603  our own program; nothing of a page is on its line
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,  # the parent's holds results
                    env={**os.environ, **_ONE_THREAD},
                    pass_fds=(descriptor,),
                    process_group=0,  # a terminal's Ctrl-C is for the parent
                )
        self._link, self._asked = ours, 0
        try:
            ours.send(self._setting)
            ready = ours.poll(START_SECONDS) and ours.recv().value == "ready"
        except (EOFError, ConnectionError):
            ready = False
        if not ready:
            ended = self._end(kill=True)
            if self._over:
                raise DiedError(ended)
            raise RuntimeError(f"a worker process can't start: it {ended}; what it said is on standard error")

    def _end(self, *, kill: bool) -> str:
        """Let it go or make it; how it ended, as half a sentence."""
        process, self._process = self._process, None
        link, self._link = self._link, None
        if link is not None:
            link.close()
        if process is None:
            return "was not running"
        if kill:
            process.kill()
        try:
            code = process.wait(timeout=5)
        except subprocess.TimeoutExpired:  # it closed its end and did not go
            process.kill()
            code = process.wait()
        if code >= 0:
            return f"ended with exit code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return f"was ended by {name}"
