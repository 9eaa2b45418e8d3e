"""Place: tiles for all provinces, and rates that are counts over people."""

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.report.parts import months
from sim.report.place import BEYOND, LONGEST, LONGEST_ON_PHONES, OUTCOME, lines_of, place, tiles


def rates(figure: Any) -> dict[str, float]:
    """Give the rate of each province by its name."""
    heat = figure.data[0]
    return {
        name: rate
        for names, values in zip(heat.customdata, heat.z, strict=True)
        for name, rate in zip(names, values, strict=True)
        if name
    }


def test_provinces_stand_where_their_table_says(country: sim.Run) -> None:
    at = tiles(country)
    assert len(set(at.values())) == len(at) == 31
    # North is up, and the west is to the left.
    assert at[23][1] < at[11][1] < at[44][1] < at[46][1]
    assert at[65][0] < at[62][0] < at[61][0] < at[37][0]


def test_other_provinces_stand_in_reading_order(full: sim.Run) -> None:
    assert list(tiles(full).values()) == [(0, 0), (1, 0), (2, 0)]


def test_tiles_have_the_names_of_their_provinces(full: sim.Run, country: sim.Run) -> None:
    for run in (full, country):
        figure = place(run).view()
        names = [row.name for row in run.scenario.spec.population.provinces]
        narrow = figure.layout.meta["narrow"]["traces"]["text"]
        for texts, longest in ((figure.data[1].text, LONGEST), (narrow, LONGEST_ON_PHONES)):
            lines = [text.split("<br>")[:-1] for text in texts]
            assert ["".join(one).replace("-", "").replace(" ", "") for one in lines] == [
                name.replace(" ", "") for name in names
            ]
            assert max(len(line) for one in lines for line in one) <= longest + 1
    assert lines_of("Inner Mongolia") == ["Inner", "Mongolia"]
    assert lines_of("Heilongjiang") == ["Heilong-", "jiang"]
    assert lines_of("Guangdong", 6) == ["Guang-", "dong"]
    assert lines_of("X" * 14, 6) == ["XXXXX-", "XXXXX-", "XXXX"]


def test_provinces_that_differ_little_look_alike(full: sim.Run) -> None:
    heat = place(full).view("alerts").data[0]
    values = [value for row in heat.z for value in row if value is not None]
    # The lowest rate is not pale because it is the lowest.
    assert heat.zmin == 0
    assert min(values) > 0.3 * heat.zmax
    assert "begin at 0" in heat.colorbar.title.text


def test_a_rate_far_beyond_all_others_does_not_make_them_pale(
    country: sim.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.report import place as module

    rates_of = module.monthly_rates

    def with_one_far_out(*given: Any) -> Any:
        found = rates_of(*given)
        found["all"][44] = 100 * max(found["all"].values())
        return found

    monkeypatch.setattr(module, "monthly_rates", with_one_far_out)
    heat, labels = place(country).view("alerts").data
    values = sorted(value for row in heat.z for value in row if value is not None)
    assert heat.zmax == values[-2] < 0.1 * values[-1]
    at = list(tiles(country)).index(44)
    assert [text for text in labels.text if BEYOND in text] == [labels.text[at]]


def test_pools_stand_in_reading_order(tmp_path: Path) -> None:
    period = {"start": "2022-06-01", "end": "2022-06-01", "warmup": "0 d"}
    values = {"period": period, "scale": 1e-5, "population.pool": "regions"}
    run = sim.run(sim.load_scenario("china-2022", **values), tmp_path / "regions")
    assert list(tiles(run).values()) == [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (0, 1)]
    assert list(rates(place(run).view())) == [
        "north",
        "northeast",
        "east",
        "central",
        "south",
        "southwest",
        "northwest",
    ]


@pytest.mark.parametrize("outcome", OUTCOME)
def test_rates_are_counts_over_people(half: sim.Run, outcome: str) -> None:
    table, measure, factor = {
        **dict.fromkeys(("alerts", "reached", "expired"), ("alerts", "count", 1.0)),
        **dict.fromkeys(("delivered", "intercepted"), ("attempts", "count", 1.0)),
        "recovered": ("outcomes", "recovered_cents", 1e-5),
        "loss": ("outcomes", "loss_cents", 1e-5),
        "prevented": ("outcomes", "prevented_cents", 1e-5),
    }.get(outcome, ("outcomes", outcome, 1.0))
    frame = getattr(half, table)
    kept = {
        "delivered": ("fate", ["unanswered", "ignored", "engaged"]),
        "intercepted": ("fate", ["intercepted"]),
        "reached": ("end", ["reached"]),
        "expired": ("end", ["expired"]),
    }
    if outcome in kept:
        column, values = kept[outcome]
        frame = frame[frame[column].isin(values)]
    counted = frame[frame["province"] == 44][measure].sum() * factor / half.manifest["scale"]
    figure = place(half).view(outcome)
    heat = figure.data[0]
    drawn = rates(figure).values()
    assert (heat.zmin, heat.zmax) == pytest.approx((0, max(drawn)))
    assert rates(figure)["Guangdong"] == pytest.approx(counted / 12_000 * 100_000, rel=1e-3)


def test_months_add_up_to_the_period(full: sim.Run) -> None:
    drawn = place(full)
    views = {month: drawn.view("alerts", month) for month in months(full)}
    whole, january, february = (rates(views[month])["Beijing"] for month in ("all", "2022-01", "2022-02"))
    assert january + february == pytest.approx(whole, rel=1e-3)
    scales = {(view.data[0].zmin, view.data[0].zmax) for month, view in views.items() if month != "all"}
    assert len(scales) == 1
    # Labels of tiles say what they are coloured by.
    assert len(place(full).table) == 3
