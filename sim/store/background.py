"""Write tables in a background thread, or at once with a single processor, where a thread would gain nothing."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from sim.store.tables import COUNTED
from sim.store.writer import Columns, TableWriter

WAITING = len(COUNTED)
"""Most tables in the queue, some 10 to 20 MB each at full scale: one month of all tables."""


class BackgroundWriter:
    """Hands row groups to a ``TableWriter`` in order, without waiting.

    A later ``write`` or ``close`` raises the writer's errors. As a context manager it closes before the writer does;
    after an error the queue is dropped.
    """

    def __init__(self, writer: TableWriter, threaded: bool = True) -> None:
        """Begin with an empty queue."""
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tables") if threaded else None
        self._waiting: deque[Future[object]] = deque()

    def write(self, name: str, columns: Columns) -> None:
        """Queue a row group of a table, which must not change afterwards; raises the error of an earlier one."""
        self.write_groups(name, (columns,))

    def write_groups(self, name: str, groups: Iterable[Columns]) -> None:
        """Queue row groups of a table; they are computed in the writing thread."""
        self._soon(lambda: self._writer.write_groups(name, groups))

    def _soon(self, act: Callable[[], object]) -> None:
        """Queue an action; waits for a place if the queue is full."""
        if self._thread is None:
            act()
            return
        while self._waiting and (self._waiting[0].done() or len(self._waiting) >= WAITING):
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(act))

    def close(self) -> None:
        """Wait until everything is written; raises the error of a row group."""
        try:
            while self._waiting:
                self._waiting.popleft().result()
        finally:
            self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._stop()

    def _stop(self) -> None:
        """End the thread, if there is one, and drop the queue."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
