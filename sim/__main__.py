"""``python -m sim`` is the command ``tocsin``, where the package can be imported and the command is not on the path."""

import gc
import signal
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; an interrupt during loading is reported, too."""
    try:
        from sim.cli import PROGRAM
        from sim.cli import main as run

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # restored when all is said: no traceback in the last moments
    except KeyboardInterrupt:
        sys.exit("tocsin: interrupted")
    sys.argv[0] = PROGRAM  # the command name in a run's manifest
    try:
        run()
    finally:
        gc.freeze()  # while it ends, Python need not search half a million objects for cycles


if __name__ == "__main__":
    main()
