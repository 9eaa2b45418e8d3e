"""Pictures of finished runs, and one HTML file that holds them all.

The package and the function ``sim.report`` have one name, and Python binds it to the package as soon as anything of
it is imported, pictures included. The package can therefore be called, and then is the function.
"""

import sys
from types import ModuleType
from typing import Any


class _Report(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from sim.report.page import report

        return report(*args, **kwargs)


sys.modules[__name__].__class__ = _Report
