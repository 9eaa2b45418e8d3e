"""The version of Tocsin, the one place where it is written, and the moment at which the package was loaded."""

import time

__version__ = "0.2.0"

LOADED = time.monotonic()
"""Nothing of the package is loaded before this module."""
