"""Python's search for cycles of dead objects, which engines do without."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collecting(frozen: bool = False) -> Iterator[None]:
    """Let nothing look for cycles of dead objects meanwhile; afterwards it is as it was before.

    Args:
        frozen: Whether what there is already is not looked at either by who collects by hand, unless it is so already.
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
