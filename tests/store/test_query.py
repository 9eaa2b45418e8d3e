"""The query over stored tables against sums made by hand from whole tables."""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.store import exported, writer
from sim.store.exported import Where, from_memory, sums
from tests.synthetic import write_tables


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the tables of a made-up run of three months, in row groups of a month."""
    path = tmp_path_factory.mktemp("stored")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "GROUP_ROWS", 1)
        write_tables(path)
    return path


def keyed(found: pa.Table, by: list[str], of: str = "count") -> dict[tuple[Any, ...], Any]:
    """Return a measure by key, each key once."""
    rows = found.to_pylist()
    by_key = {tuple(row[key] for key in by): row[of] for row in rows}
    assert len(by_key) == len(rows)
    return by_key


def by_hand(folder: Path, table: str, by: list[str], of: str = "count") -> Counter[tuple[Any, ...]]:
    """Return the same from all rows of a table at once, with the first day of the month as ``month``."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in pq.read_table(folder / f"{table}.parquet").to_pylist():
        if "day" in row:
            row["month"] = row["day"].replace(day=1)
        found[tuple(row[key] for key in by)] += row[of]
    return found


@pytest.mark.parametrize(
    ("table", "by", "of"),
    [
        ("attempts", ["day"], "count"),
        ("attempts", ["fate", "channel"], "count"),
        ("attempts", ["month", "fraud_type"], "count"),
        ("contacts", ["province", "month"], "staff_ms"),
        ("cases", ["delay_bin", "loss_bin"], "count"),
        ("cases", ["month", "province"], "count"),
        ("flows", ["province", "quantity"], "count"),
    ],
)
def test_sums_are_those_of_all_rows_at_once(folder: Path, table: str, by: list[str], of: str) -> None:
    assert pq.ParquetFile(folder / f"{table}.parquet").num_row_groups > 1
    found = sums(folder, table, by, [of])
    assert found.column_names == [*by, of]
    assert keyed(found, by, of) == by_hand(folder, table, by, of)


def test_rows_are_those_with_one_of_the_labels_in_each_column(folder: Path) -> None:
    where = {"fate": ["engaged", "ignored"], "channel": ["call"]}
    found = keyed(sums(folder, "attempts", ["province", "fate"], ["count"], where), ["province", "fate"])
    everything = by_hand(folder, "attempts", ["province", "fate", "channel"])
    assert found == {
        (province, fate): count
        for (province, fate, channel), count in everything.items()
        if fate in where["fate"] and channel == "call"
    }
    assert found


def test_a_table_without_a_row_has_no_key(tmp_path: Path, folder: Path) -> None:
    schema = pq.read_schema(folder / "hours.parquet")
    pq.write_table(schema.empty_table(), tmp_path / "hours.parquet")
    assert len(sums(tmp_path, "hours", ["month"], ["busy_ms"], {"channel": ["call"]})) == 0


def test_unknown_tables_and_columns_are_errors(folder: Path) -> None:
    with pytest.raises(KeyError, match="attemps"):
        sums(folder, "attemps", ["day"], ["count"])
    with pytest.raises(KeyError, match="attempts has no column tier"):
        sums(folder, "attempts", ["tier"], ["count"])
    with pytest.raises(KeyError, match="waits has no column day"):
        sums(folder, "waits", ["day"], ["count"])


QUESTIONS: list[tuple[str, list[str], Where | None]] = [
    ("attempts", ["day"], None),
    ("attempts", ["province", "fate"], {"fate": ["engaged", "ignored"], "channel": ["call"]}),
    ("attempts", ["province", "fate"], {"fate": ["engaged"]}),
    ("attempts", ["month", "fraud_type"], None),
    ("flows", ["province", "quantity"], None),
]


def answered(folder: Path) -> list[dict[tuple[Any, ...], Any]]:
    return [keyed(sums(folder, table, by, ["count"], where), by) for table, by, where in QUESTIONS]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of the names of files of tables that are opened."""
    names: list[str] = []

    class Told(pq.ParquetFile):  # type: ignore[misc]
        def __init__(self, path: Path, **options: Any) -> None:
            names.append(path.name)
            super().__init__(path, **options)

    monkeypatch.setattr(pq, "ParquetFile", Told)
    return names


def test_memory_says_what_files_say_and_opens_each_once(folder: Path, opened: list[str]) -> None:
    expected = answered(folder)
    assert len(opened) == len(QUESTIONS)
    opened.clear()
    with from_memory(folder):
        assert answered(folder) == answered(folder) == expected
    assert opened == ["attempts.parquet", "flows.parquet"]
    sums(folder, "flows", ["quantity"], ["count"])
    assert opened[2:] == ["flows.parquet"], "memory ends with the block"


def test_a_table_of_many_rows_does_not_stay_in_memory(
    folder: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = answered(folder)
    opened.clear()
    monkeypatch.setattr(exported, "FEW_ROWS", 5)
    with from_memory(folder):
        assert answered(folder) == expected
    assert len(opened) == len(QUESTIONS)
