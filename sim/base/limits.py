"""Check limits of the machine before anything is computed; below them libraries print, end the process or hang."""

import resource
import threading

ROOM = 1_500_000_000
"""Bytes of address space that the program and its compiler need; a large country needs more."""

THREADS = 8
"""Threads of a small run: workers, the writer of tables, and those of pyarrow."""


def demand_room() -> None:
    """Check address space and threads; OSError says which limit of this process is too low, and what is needed."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < ROOM:
        what = f"the limit of address space is {limit / 1e6:,.0f} MB, but the program needs {ROOM / 1e6:,.0f} MB"
        raise OSError(f"{what}: raise the limit (ulimit -v)")
    done = threading.Event()
    started = []
    try:
        for _ in range(THREADS):
            thread = threading.Thread(target=done.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:
        what = f"only {len(started)} threads can start, but the program needs {THREADS}"
        raise OSError(f"{what}: raise the limit of processes and threads (ulimit -u)") from None
    finally:
        done.set()
        for thread in started:
            thread.join()
