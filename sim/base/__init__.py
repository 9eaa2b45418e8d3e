"""Things that every room uses and that know nothing of fraud: days, money, exact sums, enumerations, caches, logs.

The version of Tocsin, declared only here, and the time at which the package was loaded.
"""

import time

__version__ = "0.2.0"

LOADED = time.monotonic()
"""This module is loaded before the rest of the package."""
