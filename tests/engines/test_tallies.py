"""What a day's counts say of ends and messages, from cells of the dense tallies and from what overflowed."""

import numpy as np

import sim
from sim.base.words import ContactResult, End
from sim.engines.tables import Tables
from sim.engines.vector.records import OVERFLOW, OverflowTable
from sim.engines.vector.tallies import Cells, Counts, DayCounts
from sim.store.columns import StoredTable
from sim.store.tables import ALERTS, CONTACTS

PROVINCES = 3
MESSAGES = (ContactResult.READ, ContactResult.UNREAD)


def cells_of(table: StoredTable, seed: int) -> tuple[Cells, dict[str, np.ndarray], np.ndarray]:
    """Return cells of a table drawn by chance, the codes of each, and their counts."""
    rng = np.random.default_rng(seed)
    shape = (PROVINCES, *table.shape({}))
    cells = np.sort(rng.choice(int(np.prod(shape)), 200, replace=False))
    amounts = rng.integers(1, 9, (200, len(table.measures)))
    codes = np.unravel_index(cells, shape)[1:]
    names = [column.name for column in table.coded]
    return Cells(table.name, 7, cells, amounts), dict(zip(names, codes, strict=True)), amounts[:, 0]


def overflowed(table: OverflowTable, axis: int, codes: list[int]) -> np.ndarray:
    rows = np.zeros(len(codes), dtype=OVERFLOW)
    rows["table"] = table
    rows["key"][:, axis] = codes
    return rows


def test_ends_are_counted_by_the_end_of_each_alert() -> None:
    some, codes, counts = cells_of(ALERTS, 1)
    axis = ALERTS.axis("end")
    more = overflowed(OverflowTable.ALERTS, axis, [0, 2, 2])
    contacts = overflowed(OverflowTable.CONTACTS, axis, [1, 1])
    other, _, _ = cells_of(CONTACTS, 2)
    wanted = np.bincount(codes["end"], weights=counts, minlength=len(End)).astype(int)
    assert DayCounts([other, some], []).ends().tolist() == wanted.tolist()
    wanted[[0, 2]] += [1, 2]
    assert DayCounts([some], [more, contacts[:0], contacts]).ends().tolist() == wanted.tolist()


def test_messages_are_counted_whatever_became_of_them() -> None:
    some, codes, counts = cells_of(CONTACTS, 3)
    axis = CONTACTS.axis("result")
    tries = [result for result in ContactResult if result > ContactResult.UNREAD]
    more = overflowed(OverflowTable.CONTACTS, axis, [*MESSAGES, *tries])
    alerts = overflowed(OverflowTable.ALERTS, axis, [0, 1])
    other, _, _ = cells_of(ALERTS, 4)
    written = codes["result"] <= ContactResult.UNREAD
    assert 0 < written.sum() < len(written)
    assert DayCounts([some, other], [more[:0], alerts]).messages() == counts[written].sum()
    in_overflow = sum(result <= ContactResult.UNREAD for result in (*MESSAGES, *tries))
    assert DayCounts([some], [more]).messages() == counts[written].sum() + in_overflow


def test_counts_go_on_from_a_snapshot() -> None:
    tables = Tables.of(sim.load_scenario("tiny").spec)
    counts, other = Counts(tables), Counts(tables)
    rng = np.random.default_rng(6)
    for array in counts._arrays():
        array.reshape(-1)[rng.choice(array.size, min(array.size, 50), replace=False)] = rng.integers(
            -(1 << 40), 1 << 40
        )
    other.resume(counts.snapshot())
    for array, found in zip(counts._arrays(), other._arrays(), strict=True):
        assert array.any()
        assert np.array_equal(array, found)
