"""``python -m sim`` is the command ``tocsin``, where the package can be imported and the command is not on the path."""

import sys

from sim.cli import PROGRAM, main

if __name__ == "__main__":
    sys.argv[0] = PROGRAM  # what a run's manifest names as its command
    main()
