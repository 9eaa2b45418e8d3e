"""Tables of a run for other programs: what their columns mean, and files that hold the same numbers."""

import csv
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import sim
from sim.base.words import Tier
from sim.store import exported
from sim.store.folder import FolderError
from sim.store.tables import TABLES
from tests.engines.small import TWO_DAYS, fewer

SOME = ("alerts", "flows", "hours", "events")
"""Tables with words, nulls, months and identities."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """A small run with events, of two days in two months."""
    scenario = sim.load_scenario("tiny", period=TWO_DAYS, **fewer(0.3))
    return sim.run(scenario, tmp_path_factory.mktemp("exported") / "run", events="all", workers=1)


def test_tables_are_those_of_the_run_with_categories_dates_and_units(tiny: sim.Run) -> None:
    assert list(tiny.tables) == list(TABLES)
    for name, frame in tiny.tables.items():
        stored = getattr(tiny, name)
        assert list(frame.columns) == list(stored.columns)
        for column in TABLES[name].columns:
            ours, theirs = frame[column.name], stored[column.name]
            if column.kind in ("label", "text"):
                assert isinstance(ours.dtype, pd.CategoricalDtype)
            if column.kind in ("day", "month"):
                assert pd.api.types.is_datetime64_any_dtype(ours.dtype)
            assert ours.isna().tolist() == theirs.isna().tolist()
            assert ours.dropna().tolist() == theirs.dropna().tolist()
            assert frame.attrs["units"][column.name] == column.unit
            assert frame.attrs["descriptions"][column.name] == column.meaning
        assert frame.attrs["description"] == TABLES[name].meaning
    assert tiny.tables["alerts"]["tier"].cat.categories.tolist() == list(Tier.labels())
    assert tiny.tables["contacts"].attrs["units"]["staff_ms"] == "ms"
    assert not isinstance(tiny.alerts["tier"].dtype, pd.CategoricalDtype)


def test_csv_files_are_read_back_as_the_tables(tiny: sim.Run, tmp_path: Path) -> None:
    files = tiny.tables.to_csv(tmp_path / "csv", SOME)
    assert [file.name for file in files] == ["columns.csv", *(f"{name}.csv" for name in SOME)]
    for name in SOME:
        stored = getattr(tiny, name)
        days = [column for column in stored if pd.api.types.is_datetime64_any_dtype(stored[column].dtype)]
        read = pd.read_csv(tmp_path / "csv" / f"{name}.csv", parse_dates=days, dtype_backend="numpy_nullable")
        for column in stored:
            assert read[column].isna().tolist() == stored[column].isna().tolist()
            assert read[column].dropna().tolist() == stored[column].dropna().tolist(), (name, column)
    with (tmp_path / "csv" / "columns.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["table", "column", "unit", "description"]
    assert ["hours", "busy_ms", "ms", TABLES["hours"].column("busy_ms").meaning] in rows
    assert len(rows) == 1 + sum(len(TABLES[name].columns) for name in SOME)
    with pytest.raises(FolderError, match="not empty"):
        tiny.tables.to_csv(tmp_path / "csv")


def test_a_workbook_holds_every_number(tiny: sim.Run, tmp_path: Path) -> None:
    path = tiny.tables.to_xlsx(tmp_path / "run.xlsx", SOME)
    book = openpyxl.load_workbook(path, read_only=True)
    assert book.sheetnames == ["columns", *SOME]
    for name in SOME:
        stored = getattr(tiny, name)
        head, *rows = book[name].iter_rows(values_only=True)
        assert list(head) == list(stored.columns)
        assert len(rows) == len(stored)
        for place, column in enumerate(stored):
            wanted = [None if pd.isna(value) else value for value in stored[column]]
            found = [row[place] if place < len(row) else None for row in rows]
            if column in ("origin", "identity"):
                # A sheet has doubles alone, which have not as many digits.
                assert any(isinstance(value, str) for value in found)
                found = [None if value is None else int(value) for value in found]
            if pd.api.types.is_datetime64_any_dtype(stored[column].dtype):
                assert all(isinstance(value, datetime) for value in found)
            assert found == wanted, (name, column)


def test_what_no_sheet_holds_is_refused_before_anything_is_written(
    tiny: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported, "MOST_ROWS", len(tiny.alerts))
    with pytest.raises(ValueError, match=r"alerts: has .* rows, and a sheet of XLSX holds .*; to_csv"):
        tiny.tables.to_xlsx(tmp_path / "run.xlsx", ["alerts"])
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(exported, "MOST_ROWS", len(tiny.alerts) + 1)
    assert tiny.tables.to_xlsx(tmp_path / "run.xlsx", ["alerts"]).is_file()
