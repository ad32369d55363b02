"""Listening sockets on many loopback addresses with one port."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Sequence

_TRIES = 20  # free ports tried until one is free on every address


class PortTakenError(OSError):
    """The port is in use on one of the addresses; the message says so and what to do."""


def bind(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """A bound socket for each host; one for all of 127.0.0.0/8 where `hosts` is empty. Port 0: any that is free on all."""
    for _ in range(_TRIES if port == 0 else 1):
        try:
            return _bind_all(hosts, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    name = f"port {port}" if port else "each free port tried"
    raise PortTakenError(
        errno.EADDRINUSE, f"{name} of 127.0.0.x is in use; end the program that holds it, or choose another with --port"
    )


def _bind_all(hosts: Sequence[str], port: int) -> list[socket.socket]:
    bound: list[socket.socket] = []
    with contextlib.ExitStack() as undo:
        for host in hosts or ("0.0.0.0",):  # the wildcard is kept to the loopback device below
            each = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if not hosts:
                # Where the kernel refuses this, the server turns away every request that was not sent to 127.x.
                with contextlib.suppress(OSError):
                    each.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_BINDTODEVICE", 25), b"lo\0")
            each.bind((host, port))
            each.listen(512)  # here, so that a second server on the port fails now
            port = int(each.getsockname()[1])
            bound.append(each)
        undo.pop_all()
    return bound
