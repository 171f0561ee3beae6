"""TCP ports on the loopback interface."""

from __future__ import annotations

import contextlib
import errno
import random
import socket

# Below the range from which systems take the ports of outgoing connections, so that a server can
# be restarted on its port without finding it in use by somebody's client.
FREE_RANGE = range(20_000, 32_000)

_given: set[int] = set()
"""Free ports are given out once: whoever has one may not listen on it yet."""


class PortTakenError(RuntimeError):
    """A port that was asked for by number is in use, or not ours to use."""


def free_port() -> int:
    """Return a port that is free, and another one each time. Raises `PortTakenError`."""
    for port in random.SystemRandom().sample(FREE_RANGE, 200):
        if port not in _given and _why_not(port) is None:
            _given.add(port)
            return port
    raise PortTakenError(f"No free port found from {FREE_RANGE.start} to {FREE_RANGE.stop}.")


def demand(port: int, *, what: str, option: str) -> int:
    """This very port, or an error that says which option chooses another."""
    if port == 0:
        return free_port()
    if not 0 < port < 65_536:
        raise PortTakenError(f"{option}={port} is not a port number.")
    reason = _why_not(port)
    if reason is None:
        return port
    suggestion = port + 1 if port < 65_535 else port - 1
    raise PortTakenError(
        f"The {what} cannot have port {port}: {reason}. "
        f"Choose another, for example: make run {option}={suggestion}"
    )


def _why_not(port: int) -> str | None:
    """Why nobody can listen on this port now; None when it is free."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.ExitStack() as stack:
            try:
                probe = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
                # Linux lets two sockets bind with SO_REUSEADDR; only one of them may listen.
                probe.listen(1)
            except PermissionError:
                return "this user may not use it"
            except OSError as error:
                if family is socket.AF_INET or error.errno == errno.EADDRINUSE:
                    return "it is in use"
    return None
