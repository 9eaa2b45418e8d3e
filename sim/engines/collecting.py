"""Switch off Python's garbage collection of reference cycles, which slows engines."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collecting(frozen: bool = False) -> Iterator[None]:
    """Switch off the collection of reference cycles within the context.

    Args:
        frozen: Whether manual collections also skip objects that exist already.
    """
    was_enabled = gc.isenabled()
    frozen = frozen and gc.get_freeze_count() == 0
    gc.disable()
    if frozen:
        gc.freeze()
    try:
        yield
    finally:
        if frozen:
            gc.unfreeze()
        if was_enabled:
            gc.enable()
