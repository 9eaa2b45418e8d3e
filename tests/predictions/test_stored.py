"""Stored predictions: none can be changed, replaced or misread, and a wrong report is refused with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from sim.predictions.stored import (
    COLUMNS,
    REPORTS,
    LedgerError,
    demand_new,
    read_prediction,
    read_predictions,
    read_reports,
    sealed,
    write_prediction,
)
from sim.store.json_files import FolderError
from tests.predictions.made_up import figure, prediction

ROW = "losses,2022-01-01,2022-12-31,5.5,2023-03-01,2023-04-01,paper\n"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "one.json"
    write_prediction(path, prediction([figure("losses", 5.0, [4.0, 5.0, 7.0])]).document)
    return path


def test_a_prediction_is_read_as_it_was_written_with_a_line_for_each_figure(stored: Path) -> None:
    found = read_prediction(stored)
    assert found.document["figures"] == [figure("losses", 5.0, [4.0, 5.0, 7.0])]
    assert sealed(found.document) == found.document
    assert sum('"name"' in line for line in stored.read_text().splitlines()) == 1
    again = stored.with_name("two.json")
    write_prediction(again, dict(reversed(found.document.items())))
    assert read_prediction(again).document == found.document


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one["figures"][0].update(point=5.5),
        lambda one: one["figures"][0]["values"].pop(),
        lambda one: one.update(date="2021-12-15"),
        lambda one: one.update(note="added later"),
    ],
)
def test_a_prediction_that_was_changed_is_refused(stored: Path, change: Any) -> None:
    document = json.loads(stored.read_text())
    change(document)
    stored.write_text(json.dumps(document))
    with pytest.raises(LedgerError, match=r"one\.json: was changed after it was sealed"):
        read_predictions(stored.parent)


def test_what_is_not_a_prediction_is_refused(stored: Path, tmp_path: Path) -> None:
    stored.with_name("a.json").write_text('{"scenario": "x"}')
    with pytest.raises(LedgerError, match=r"a\.json: is not a prediction: it has no version"):
        read_predictions(stored.parent)
    with pytest.raises(LedgerError, match="holds no predictions"):
        read_predictions(tmp_path / "elsewhere")


def test_no_prediction_replaces_another(stored: Path, tmp_path: Path) -> None:
    before, same = stored.read_bytes(), read_prediction(stored).document
    write_prediction(stored, same)
    assert stored.read_bytes() == before
    with pytest.raises(LedgerError, match="holds another prediction, and none ever changes"):
        write_prediction(stored, {**same, "date": "2022-12-16"})
    assert stored.read_bytes() == before
    with pytest.raises(FolderError, match="cannot write in"):
        demand_new(tmp_path / "a" / "b" / "c.json", {})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (ROW.replace("5.5", "many"), ":2: could not convert string to float: 'many'; days are YYYY-MM-DD"),
        (ROW.replace("2022-12-31", "2022"), ":2: .*days are YYYY-MM-DD, value is a number"),
        (ROW + ROW, ":3: losses has another report of this window; keep one"),
    ],
)
def test_a_wrong_report_is_refused_with_its_line(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / REPORTS).write_text(",".join(COLUMNS) + "\n" + text)
    with pytest.raises(LedgerError, match=rf"reported\.csv{line}"):
        read_reports(tmp_path)


def test_reports_are_read_and_other_columns_refused(tmp_path: Path) -> None:
    assert read_reports(tmp_path) == []
    (tmp_path / REPORTS).write_text(
        ",".join(COLUMNS) + "\n" + ROW + ROW.replace("losses", "x").replace("2023-03-01", "")
    )
    one, two = read_reports(tmp_path)
    assert (one.value, one.days, str(one.reported), str(one.looked_up)) == (5.5, 365, "2023-03-01", "2023-04-01")
    assert two.reported is None
    (tmp_path / REPORTS).write_text("name,value\n")
    with pytest.raises(LedgerError, match=r"reported\.csv:1: has other columns; must have name, start, end"):
        read_reports(tmp_path)
