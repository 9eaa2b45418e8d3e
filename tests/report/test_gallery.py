"""Pictures for notebooks: the same as on the page, by name."""

import pytest

import sim
from sim.report.pictures.cascade import cascade


def test_a_run_offers_its_pictures(full: sim.Run) -> None:
    assert full.pictures.cascade(channel="call").to_json() == cascade(full, channel="call").to_json()
    names = [name for name in dir(full.pictures) if name != "table"]
    assert {"ratios", "cascade", "daily", "rhythm", "place", "film", "waits", "roc", "money", "ages"} <= set(names)
    for name in names:
        figure = getattr(full.pictures, name)()
        assert figure.layout.title.text
        assert len(full.pictures.table(name).columns) > 1


def test_an_unknown_picture_is_named_with_those_that_there_are(full: sim.Run) -> None:
    with pytest.raises(AttributeError, match=r"no picture 'pie'.*cascade"):
        _ = full.pictures.pie
