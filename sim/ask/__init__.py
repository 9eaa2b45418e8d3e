"""Questions in words: a filled policy for what can be asked, the nearest that can for what cannot.

The package and the function ``sim.ask`` have one name; the package can be called, and then is the function, as that of
``sim.report``.
"""

import sys
from types import ModuleType
from typing import Any


class _Ask(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from sim.ask.question import ask

        return ask(*args, **kwargs)


sys.modules[__name__].__class__ = _Ask
