"""What a page can do to the process that reads it, as functions that a worker runs in the place of one."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
from pathlib import Path


def segfault(setting):
    faulthandler._sigsegv()


def segfault_once(setting, mark: str):
    """The first process that reads it dies, the next does not."""
    if not Path(mark).exists():
        Path(mark).touch()
        faulthandler._sigsegv()
    return "survived"


def killed(setting):
    os.kill(os.getpid(), signal.SIGKILL)


def hungry(setting, size: int):
    return len(bytearray(size))


def greedy_then(setting, size: int):
    """Leaves memory behind, as a fragmented heap does."""
    sys.modules[__name__].kept = bytearray(size)
    return os.getpid()


def wrong(setting):
    raise ValueError("a fault\nof two lines")


def asleep(setting, seconds: float):
    time.sleep(seconds)
    return os.getpid()


def deaf(setting, seconds: float):
    """Hangs and does not listen to SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(seconds)


def who(setting):
    return os.getpid(), os.getpgid(0), sorted(sys.modules)
