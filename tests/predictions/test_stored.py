"""Stored predictions: none can be changed, replaced or misread, and a wrong report is refused with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from sim import predictions
from sim.base.failures import RefusedError
from sim.store.folder import FolderError, sealed
from tests.predictions.made_up import figure, prediction

FIGURE = figure("losses", 5.0, [4.0, 5.0, 7.25])
ROW = "losses,2022-01-01,2022-12-31,5.5,2023-03-01,2023-04-01,paper\n"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "one.json"
    predictions.write_prediction(path, prediction([figure("losses", 5.0, [4.0, 5.0, 7.0])]).document)
    return path


def test_a_prediction_is_read_as_it_was_written_with_a_line_for_each_figure(stored: Path) -> None:
    found = predictions.read_prediction(stored)
    assert found.document["figures"] == [figure("losses", 5.0, [4.0, 5.0, 7.0])]
    assert sealed(found.document) == found.document
    assert sum('"name"' in line for line in stored.read_text().splitlines()) == 1
    again = stored.with_name("two.json")
    predictions.write_prediction(again, dict(reversed(found.document.items())))
    assert predictions.read_prediction(again).document == found.document


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
    with pytest.raises(predictions.LedgerError, match=r"one\.json: was changed after it was sealed"):
        predictions.read_predictions(stored.parent)


def test_what_is_not_a_prediction_is_refused(stored: Path, tmp_path: Path) -> None:
    stored.with_name("a.json").write_text('{"scenario": "x"}')
    with pytest.raises(predictions.LedgerError, match=r"a\.json: is not a prediction: version: is missing"):
        predictions.read_predictions(stored.parent)
    with pytest.raises(predictions.LedgerError, match="holds no predictions"):
        predictions.read_predictions(tmp_path / "elsewhere")


def test_no_prediction_replaces_another(stored: Path, tmp_path: Path) -> None:
    before, same = stored.read_bytes(), predictions.read_prediction(stored).document
    predictions.write_prediction(stored, same)
    assert stored.read_bytes() == before
    with pytest.raises(predictions.LedgerError, match="holds another prediction, and none ever changes"):
        predictions.write_prediction(stored, {**same, "date": "2022-12-16"})
    assert stored.read_bytes() == before
    with pytest.raises(FolderError, match="cannot write in"):
        predictions.demand_new(tmp_path / "a" / "b" / "c.json", {})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        *((ROW.replace("5.5", one), f":2: value: '{one}' ") for one in ("many", "nan", "inf", "1e999")),
        (ROW.replace("2022-12-31", "2022"), ":2: end: '2022' is not a date; must be"),
        (ROW.replace("2022-12-31", "2022-13-31"), ":2: end: 2022-13-31 is not in the calendar; must be"),
        (ROW.replace("2022-01-01", "2023-01-01"), ":2: end .* is before start"),
        (ROW.replace("2023-03-01", "2022-12-30"), ":2: reported .* is before end"),
        (ROW.replace("2023-04-01", "2023-02-01"), ":2: looked_up .* is before reported"),
        (ROW.replace("2023-04-01", "2099-04-01"), ":2: today .* is before looked_up"),
        (ROW.replace("paper", "paper,more"), ":2: has more fields"),
        ("losses,2022-01-01\n", ":2: end: null is not a date"),
        (ROW.replace("losses", ""), ":2: name: "),
        (ROW.replace("paper", "x" * 140_000), ":2: cannot be read: field larger than field limit"),
        (ROW.replace("paper", "\udcff"), ":.: cannot be read: .*; must be CSV in UTF-8"),
        (ROW + ROW, ":3: losses has another report of this window; keep one"),
    ],
)
def test_a_wrong_report_is_refused_with_its_line(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / predictions.REPORTS).write_text(",".join(predictions.COLUMNS) + "\n" + text, errors="surrogateescape")
    with pytest.raises(predictions.LedgerError, match=rf"reported\.csv{line}") as caught:
        predictions.read_reports(tmp_path)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "change",
    [
        *({key: None} for key in ("scenario", "version", "date", "data_end", "interval", "figures")),
        *({"figures": one} for one in ([1], ["x"], [{}], {"name": "losses"})),
        *({"figures": [{**FIGURE, "window": one}]} for one in ([], "2022", ["2022-12-31", "2022-01-01"], [1, 2])),
        *({"figures": [{**FIGURE, "values": one}]} for one in ([], ["x"], 5, [[1]], [True], ["5"])),
        *({"figures": [{**FIGURE, "quantiles": one}]} for one in ({}, [1, 2], {"0.05": "1", "0.95": 2})),
        *({"figures": [{**FIGURE, **one}]} for one in ({"name": 3}, {"name": ""}, {"point": "5"})),
        *({"date": one} for one in (20221215, "2099-01-01", "2022-13-01", "2022-11-29")),
        *({"terms": one} for one in (3, {"money": "x"}, {"channels": []})),
        {"interval": "wide"},
        {"draws_sha256": 3},
        {"own": 3},
        {"note": ["x"]},
    ],
    ids=str,
)
def test_a_forged_file_is_one_error_that_names_it(tmp_path: Path, change: dict[str, Any]) -> None:
    document = {**prediction([FIGURE]).document, **change}
    (tmp_path / "forged.json").write_text(json.dumps(sealed(document)))
    with pytest.raises(predictions.LedgerError, match=r"forged\.json: ") as caught:
        predictions.read_ledger(tmp_path)
    assert len(str(caught.value)) < 400


def test_numbers_beyond_any_number_and_other_keys_cannot_break_the_ledger(tmp_path: Path) -> None:
    text = json.dumps(prediction([FIGURE], discrepancy={"losses": 7777}).document)
    for huge in ("1e400", "9" * 5000, "[" * 900 + "]" * 900):
        for place in ("7777", "7.25"):
            (tmp_path / "forged.json").write_text(text.replace(place, huge))
            with pytest.raises(RefusedError, match=r"forged\.json: "):
                predictions.read_ledger(tmp_path)


def test_reports_are_read_and_other_columns_refused(tmp_path: Path) -> None:
    assert predictions.read_reports(tmp_path) == []
    (tmp_path / predictions.REPORTS).write_text(
        ",".join(predictions.COLUMNS) + "\n" + ROW + ROW.replace("losses", "x").replace("2023-03-01", "")
    )
    one, two = predictions.read_reports(tmp_path)
    assert (one.value, one.days, str(one.reported), str(one.looked_up)) == (5.5, 365, "2023-03-01", "2023-04-01")
    assert two.reported is None
    (tmp_path / predictions.REPORTS).write_bytes(
        b"\xef\xbb\xbf" + (tmp_path / predictions.REPORTS).read_bytes()
    )  # as Excel saves it
    assert predictions.read_reports(tmp_path) == [one, two]
    (tmp_path / predictions.REPORTS).write_text("name,value\n")
    with pytest.raises(
        predictions.LedgerError, match=r"reported\.csv:1: has other columns; must have name, start, end"
    ):
        predictions.read_reports(tmp_path)
