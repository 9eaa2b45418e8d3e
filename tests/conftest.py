"""Two groups of tests: the quick one, which holds every law once, and ``slow``, which is for what needs longer.

``pytest`` runs the quick group, ``pytest -m slow`` the other; ``.ci/run`` runs one after the other. The browser and
axe-core are here so that a session opens one browser, whatever pages it is for.
"""

import os

from hypothesis import HealthCheck, settings

from tests.browser import axe, chromium

__all__ = ["axe", "chromium"]

# Nothing depends on luck or load: the same examples every time, and however long each of them takes.
settings.register_profile(
    "tocsin", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tocsin")

# Workers of xdist tell whatever they start that terminals have 80 columns; tests that mean so many say it themselves.
os.environ.pop("COLUMNS", None)

# No test pulls the plug: to wait for the disk would tell nothing.
os.fsync = lambda _file: None
