"""The map of differences: rates compared with tables, a scale that begins at zero, and run-to-run noise in grey."""

from collections.abc import Callable
from typing import Any

import pytest
from scipy.stats import t as student

import sim
from sim.report import place as module
from sim.report.place import BEYOND, OF, WITHIN, contrast, differences


def values(figure: Any) -> dict[str, float]:
    """Give the coloured differences by the first words of what is pointed at."""
    heat = figure.data[0]
    return {
        said.split(":")[0]: value
        for texts, row in zip(heat.customdata, heat.z, strict=True)
        for said, value in zip(texts, row, strict=True)
        if value is not None
    }


@pytest.mark.parametrize("outcome", OF)
def test_differences_are_those_of_the_tables(full: sim.Run, silent: sim.Run, outcome: str) -> None:
    def counted(run: sim.Run) -> float:
        frame = run.alerts if outcome in ("alerts", "expired") else run.outcomes
        frame = frame[frame["province"] == 44]
        if outcome == "expired":
            frame = frame[frame["end"] == "expired"]
        return float(frame["count" if outcome in ("alerts", "expired") else outcome].sum())

    apart = (counted(silent) - counted(full)) / 12_000 * 100_000
    one = differences([(full, silent)], outcome)[44]
    assert one.difference == pytest.approx(apart)
    assert one.base == pytest.approx(counted(full) / 12_000 * 100_000)
    # A single pair: two independent counts.
    assert one.chance == pytest.approx(1.96 * (counted(full) + counted(silent)) ** 0.5 / 12_000 * 100_000)
    assert list(contrast([(full, silent)]).table["province"]) == ["Beijing", "Guangdong", "Xinjiang"]


def test_zero_is_in_the_middle_and_the_scale_has_room_for_a_tenth_of_the_base(full: sim.Run, silent: sim.Run) -> None:
    for other in (silent, full):
        heat = contrast([(full, other)]).view("saved").data[0]
        assert heat.zmin == -heat.zmax
        assert heat.zmax >= 0.1 * min(one.base for one in differences([(full, other)], "saved").values())
        assert max(abs(value) for value in values(contrast([(full, other)]).view("saved")).values()) <= heat.zmax
        assert heat.colorscale[2] == (0.5, module.DIVERGING[2][1])
    # The base beside itself has no colour but that of zero.
    assert set(values(contrast([(full, full)]).view()).values()) == {0.0}


def with_counts(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Any], list[dict[int, int]]], None]:
    """Give counts of one's own to runs, by their place in a list."""

    def give(runs: list[Any], counts: list[dict[int, int]]) -> None:
        monkeypatch.setattr(module, "_counts", lambda run, outcome: counts[[one is run for one in runs].index(True)])

    return give


def test_what_chance_alone_may_do_is_grey_and_in_brackets(
    full: sim.Run, silent: sim.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_counts(monkeypatch)([full, silent], [{11: 100, 44: 100, 65: 100}, {11: 110, 44: 200, 65: 100}])
    figure = contrast([(full, silent)]).view()
    assert set(values(figure)) == {"Guangdong", "Xinjiang"}
    grey = figure.data[1]
    assert grey.colorscale[0][1] == WITHIN
    assert [value for row in grey.z for value in row] == [0.0, None, None]
    beijing, guangdong, xinjiang = figure.data[-1].text
    assert beijing.startswith("Beijing<br>(+")
    assert guangdong.startswith("Guangdong<br>+")
    assert xinjiang == "Xinjiang<br>0"
    assert "run-to-run noise" in grey.customdata[0][0]


def test_chance_between_replicates_is_that_of_all_provinces_or_its_own(
    replicates: list[list[sim.Run]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = list(zip(*replicates, strict=True))
    runs = [run for pair in pairs for run in pair]
    counts = [
        {11: 100, 44: 100, 65: 100},
        {11: 110, 44: 100, 65: 140},
        {11: 100, 44: 100, 65: 100},
        {11: 110, 44: 104, 65: 100},
    ]
    with_counts(monkeypatch)(runs, counts)
    found = differences(pairs, "victims")
    people = {row.code: row.population for row in runs[0].scenario.spec.population.provinces}
    chance = {code: one.chance * people[code] / 100_000 for code, one in found.items()}
    # Differences of 10 and 10; 0 and 4; 40 and 0.
    own = {11: 0.0, 44: 8.0, 65: 800.0}
    sizes = {11: 210, 44: 202, 65: 220}
    each = sum(own[code] / sizes[code] for code in own) / 3
    for code, size in sizes.items():
        variance = max(own[code], each * size)
        assert chance[code] == pytest.approx(student.ppf(0.975, 3) * (variance / 2) ** 0.5)
    # Two that agree by luck are not certain for that.
    assert found[11].is_chance


def test_a_difference_far_beyond_all_others_has_an_arrow(country: sim.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [row.code for row in country.scenario.spec.population.provinces]
    people = {row.code: row.population // 1000 for row in country.scenario.spec.population.provinces}
    other = sim.load_run(country.path)
    after = {code: 2 * people[code] for code in codes} | {44: 100 * people[44]}
    with_counts(monkeypatch)([country, other], [people, after])
    figure = contrast([(country, other)]).view()
    assert [text.split("<br>")[0] for text in figure.data[-1].text if BEYOND in text] == ["Guangdong"]
    assert figure.data[0].zmax < 0.1 * max(values(figure).values())
