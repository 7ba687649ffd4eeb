"""A process that ends with the one that started it, also where that was killed and ended nothing.

`python -m deployments.tied PARENT COMMAND…`
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1  # linux/prctl.h; it outlasts the exec below


def tied(command: Sequence[str]) -> list[str]:
    """The command, told to end once this thread of ours is no more; on Linux."""
    return [sys.executable, "-m", "deployments.tied", str(os.getpid()), *command]


def main() -> None:
    """Become the command."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):
            return  # it ended before it could be asked for
    os.execv(command[0], command)  # noqa: S606  as it was given by us


if __name__ == "__main__":
    main()
