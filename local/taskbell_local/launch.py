"""Start one program so that it cannot outlive its supervisor, as another user where asked.

Run as a script, `python -I -S launch.py OPTIONS -- program arguments`: it arranges its own process
and then becomes the program, so the pid stays the same. Doing this after fork in the supervisor
would run Python between fork and exec of a process with threads.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
import time

# linux/prctl.h, linux/capability.h, linux/securebits.h
PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522
CANNOT_START = 126


class Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class Data(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, required=True)
    parser.add_argument("--umask", type=int, default=0o077)
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--capability", type=int, action="append", default=[])
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    os.umask(options.umask)
    if options.nice:
        stand_back(options.nice)
    # A supervisor started with nohup or in the background ignores these; its parts must not.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    try:
        if options.uid is not None:
            become(options.uid, options.gid, options.capability)
    except OSError as error:
        print(
            f"Cannot become user {options.uid} with capabilities {options.capability}: {error}.\n"
            "Postgres refuses to run as root, so root hands it to that user. Either run this as\n"
            "an ordinary user, or keep the checkout and STATE= in folders that anybody may enter.",
            file=sys.stderr,
        )
        raise SystemExit(CANNOT_START) from None
    if sys.platform == "linux":
        # Last, because a change of user clears it.
        prctl(PR_SET_PDEATHSIG, options.death_signal)
    if os.getppid() != options.parent:
        raise SystemExit(CANNOT_START)
    os.execv(options.command[0], options.command)  # noqa: S606 - becoming it is the point


def stand_back(nice: int) -> None:
    """Be nice to the others, also where Linux weighs sessions and not processes (sched(7))."""
    os.nice(nice)
    for _ in range(20):
        try:
            with open("/proc/self/autogroup", "w") as autogroup:
                autogroup.write(str(nice))
        except BlockingIOError:
            time.sleep(0.11)  # whoever is not root may do it ten times a second, all together
        except OSError:
            return  # no such thing here
        else:
            return


def become(uid: int, gid: int, capabilities: list[int]) -> None:
    """Change user for good, keeping only these capabilities (none of them outside Linux)."""
    if capabilities:
        for number in range(64):
            if number not in capabilities:
                try:
                    prctl(PR_CAPBSET_DROP, number)
                except OSError:
                    break  # past the last capability this kernel knows
        # Without this, access(2) ignores capabilities of users other than root, and Postgres
        # asks access(2) whether it may read its own program.
        prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if capabilities:
        hold(capabilities)


def hold(capabilities: list[int]) -> None:
    mask = sum(1 << number for number in capabilities)
    data = (Data * 2)(Data(mask, mask, mask), Data(0, 0, 0))
    library = ctypes.CDLL(None, use_errno=True)
    if library.capset(ctypes.byref(Header(CAPABILITY_VERSION_3, 0)), ctypes.byref(data)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    for capability in capabilities:
        # Ambient capabilities are those that survive exec of a plain program.
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if ctypes.CDLL(None, use_errno=True).prctl(ctypes.c_int(option), *padded) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main()
