"""Who is at it: this process and its user by name, and whether another process has ended."""

import os
import pwd
import socket
import uuid

# A process of the same number before this one, as the first of a restarted container always is.
_START = uuid.uuid4().hex[:8]


def holder() -> str:
    """The name of this process, as other processes read it."""
    return f"{socket.gethostname()}:{os.getpid()}:{_START}"


def os_user() -> str:
    """The operating system's user of this process, whatever its environment says."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # as in a container that runs under a number alone
        return str(number)


def person(by: str | None) -> str:
    """Who decides: the name given, else the operating system's user, who is recorded beside it."""
    return by or os_user()


def is_gone(of: str) -> bool:
    """Whether a holder was a process of this machine that has ended.

    Containers that share a host name but not their processes would take each other for gone; they
    have names of their own unless configured otherwise.
    """
    host, process, start = of.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    if int(process) == os.getpid():
        return start != _START
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
