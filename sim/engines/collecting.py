"""Python's search for cycles of dead objects, which slows engines and is switched off."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collecting(frozen: bool = False) -> Iterator[None]:
    """Switch off the search for cycles of dead objects for a while.

    Args:
        frozen: Whether objects that exist already are also left out of collections by hand.
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
