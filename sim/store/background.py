"""Tables are made and written while the run goes on: one thread behind a short line of what is still to be written.

Where a run has one processor alone, its thread would only take turns with the other, so that all is written at once.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from sim.store.tables import COUNTED
from sim.store.writer import Columns, RowGroup, TableWriter

WAITING = len(COUNTED)
"""Tables of a month that may wait, some 10 to 20 MB each at full scale: as many as there are. The next one has to
wait."""


class BackgroundWriter:
    """Hands row groups to a ``TableWriter`` in the order in which they come, and does not wait for them.

    What the writer raises comes out of a later ``write`` or of ``close``. As a context manager it is closed before the
    writer is; after an error what still waits is dropped.
    """

    def __init__(self, writer: TableWriter, beside: bool = True) -> None:
        """Begin with nothing that waits.

        Args:
            writer: What writes the row groups.
            beside: Whether a thread writes them; without it each is written when it is handed over.
        """
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tables") if beside else None
        self._waiting: deque[Future[object]] = deque()

    def write(self, name: str, columns: Columns) -> None:
        """Append one row group to a table, soon; raises what an earlier one has failed with.

        Args:
            name: The name of the table.
            columns: Its columns, which nobody changes any more.
        """
        self.write_groups(name, (columns,))

    def write_groups(self, name: str, groups: Iterable[Columns]) -> None:
        """Append row groups to a table, soon, as ``write`` does; they are made in the thread that writes them."""
        self._soon(lambda: self._writer.write_groups(name, groups))

    def write_again(self, groups: Iterable[Sequence[Any]]) -> None:
        """Append row groups that another writer has written and kept, soon."""

        def write() -> None:
            for group in groups:
                self._writer.write_again(RowGroup(*group))

        self._soon(write)

    def afterwards(self, act: Callable[[list[RowGroup]], object]) -> None:
        """Call a function in the thread that writes, when all that came before is written, with what is kept of it."""
        self._soon(lambda: act(self._writer.kept or []), room=1)

    def _soon(self, act: Callable[[], object], room: int = 0) -> None:
        """Put something that is to be done into the line, as soon as there are places, or ``room`` more of them."""
        if self._thread is None:
            act()
            return
        while self._waiting and (self._waiting[0].done() or len(self._waiting) >= WAITING + room):
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(act))

    def close(self) -> None:
        """Wait until all is written; raises what a row group has failed with."""
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
        """End the thread, if there is one, and drop what waits."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
