"""Where a process runs, in one word, so that another one on the same machine can see that it is gone.

    who = here()          # "4f2a91c07be3.8121.917263": the machine, the process, and when that process began
    gone(who)             # True only when it ran on this very machine and does not any more

More may follow after another dot.

What cannot be known (another machine, a container of its own, a system without /proc) is never said to be gone.
"""

import os
import socket
from hashlib import blake2s
from pathlib import Path

DEAD_STATES = "ZX"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def current() -> str:
    """This process."""
    pid = os.getpid()
    return f"{_machine()}.{pid}.{_began(pid) or 0}"


def is_dead(who: str) -> bool:
    """Whether that process is certainly dead."""
    machine, pid, began = [*who.split("."), "", "", ""][:3]
    if not machine or machine != _machine() or not pid.isdigit() or began in ("", "0"):
        return False
    return _began(int(pid)) != began


def _machine() -> str:
    """Changes with a restart of the machine, and from one container to the next."""
    try:
        parts = [BOOT_ID.read_text(), str(Path("/proc/self/ns/pid").readlink())]
    except OSError:
        return ""
    return blake2s("\0".join([socket.gethostname(), *parts]).encode(), digest_size=6).hexdigest()


def _began(pid: int) -> str | None:
    """When a process began, in ticks since the machine did; None when there is none, or it is only not buried yet."""
    try:
        # After the name, which is in parentheses and may hold anything: man 5 proc, fields 3 and 22.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in DEAD_STATES else fields[19]
