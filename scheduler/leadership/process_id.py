"""Process identity across restarts: lets a replica on the same machine see that a lease holder has crashed.

    current()             # "4f2a91c07be3.8121.917263": machine, pid, start time in clock ticks after boot
    is_dead(holder)       # True only when it ran on this very machine and does not any more

More may follow after another dot. The start time guards against pid reuse. Ticks after boot are unaffected when the
system clock is set, unlike a time of day.

A process that cannot be seen (another machine, another container, access denied, a system without /proc) is never
reported dead: then its lease has to expire.
"""

import os
import socket
from hashlib import blake2s
from pathlib import Path

import psutil

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PID_NAMESPACE = Path("/proc/self/ns/pid")
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


def current() -> str:
    """The identity of this process."""
    return f"{_machine()}.{os.getpid()}.{_started(os.getpid())}"


def is_dead(holder: str) -> bool:
    """Whether that process has certainly ended: gone, a zombie, or its pid reused."""
    machine, pid, started = [*holder.split("."), "", "", ""][:3]
    if not machine or machine != _machine() or not pid.isdigit() or started in ("", "0"):
        return False
    try:
        return psutil.Process(int(pid)).status() in ENDED or str(_started(int(pid))) != started
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def _machine() -> str:
    """Changes with a reboot, and from one container to the next: neither is in psutil. Empty where it is unknown."""
    try:
        parts = [socket.gethostname(), BOOT_ID.read_text(), str(PID_NAMESPACE.readlink())]
    except OSError:
        return ""
    return blake2s("\0".join(parts).encode(), digest_size=6).hexdigest()


def _started(pid: int) -> int:
    """A process's start in clock ticks after boot. Raises psutil.NoSuchProcess."""
    while True:
        boot = psutil.boot_time()
        created = psutil.Process(pid).create_time()
        if psutil.boot_time() == boot:  # else the clock was set in between
            return round((created - boot) * CLOCK_TICKS)
