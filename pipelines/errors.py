"""The errors of the house. Each class says who must act, and so which exit code a command ends with.

    WarchronicleError
    ├── OperatorError       a person must change something: config, arguments, disk, permissions
    │   ├── ConfigError
    │   ├── InputError
    │   └── StorageError    the disk is full or refuses: what was stored before is intact
    └── RecordError         nobody; one record or document is bad: count it and go on

Verdicts on pages are no errors: see `pipelines.model.Outcome`.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit status means. docs/reference.md documents each; a test holds the two together."""

    OK = 0
    FAULT = 1  # a bug of ours: the traceback is printed
    USAGE = 2  # the command line can't be understood (click's own code)
    DAMAGE = 3  # `verify`: something is not sound
    CONFIG = 4  # a config file is refused
    INPUT = 5  # an input can't be read at all
    STORAGE = 6  # the disk is full or refuses
    PARTIAL = 7  # done, but some sources or inputs failed
    BUSY = 8  # another run holds the lock
    TIME = 9  # the time budget ran out; the rest is in the ledger
    INTERRUPTED = 10  # SIGINT or SIGTERM; all files are closed
    DIFFERS = 11  # `diff`, `show --rederive`: done, and the two are not the same


class WarchronicleError(Exception):
    """Base of all errors that we raise on purpose. The message says what, where and what to do."""

    exit_code = ExitCode.FAULT


class OperatorError(WarchronicleError):
    """A person must change something."""

    exit_code = ExitCode.INPUT


class ConfigError(OperatorError):
    """A config file is wrong: file, line, what was expected, the nearest known name."""

    exit_code = ExitCode.CONFIG


class InputError(OperatorError):
    """An input does not exist or is nothing that we can read."""

    exit_code = ExitCode.INPUT


class StorageError(OperatorError):
    """The disk is full, read-only or broken. What was reported as stored is stored."""

    exit_code = ExitCode.STORAGE


class BusyError(OperatorError):
    """Another process holds the archive's lock."""

    exit_code = ExitCode.BUSY


class RecordError(WarchronicleError):
    """One record or document is bad. The caller counts it and goes on."""

    exit_code = ExitCode.DAMAGE


class DocumentError(RecordError):
    """A feed, sitemap or list can't be read. `reason` is one of a few fixed words, for counting."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
