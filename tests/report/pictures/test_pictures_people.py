"""People: counts beside the tables, sizes of groups beside the thresholds that people are drawn with."""

import pytest

import sim
from sim.base.rounding import amount
from sim.base.words import Sex
from sim.country.people import people_tables
from sim.draws.distributions import CERTAIN
from sim.report.money import ENDS, SEX, ages, groups, types
from tests.report.pictures.drawn import traces

SEXES = Sex.labels()


def test_groups_are_those_that_people_are_drawn_from(full: sim.Run) -> None:
    spec = full.scenario.spec
    tables, names = people_tables(spec), spec.population.band_names()
    wanted = {(band, sex): 0.0 for band in names for sex in SEXES}
    for p, row in enumerate(spec.population.provinces):
        women = tables.women[p] / CERTAIN
        before = 0
        for age, until in enumerate(tables.age[p].tolist()):
            share = (until - before) / CERTAIN
            before = until
            wanted[names[tables.band[age]], "f"] += row.population * share * women
            wanted[names[tables.band[age]], "m"] += row.population * share * (1 - women)
    assert groups(full) == pytest.approx(wanted, rel=1e-6)
    assert sum(groups(full).values()) == pytest.approx(sum(row.population for row in spec.population.provinces))


@pytest.mark.parametrize("end", ENDS)
def test_rates_are_for_people_of_the_group(full: sim.Run, half: sim.Run, end: str) -> None:
    for run, scale in ((full, 1), (half, 2)):
        people = groups(run)
        counts = run.outcomes.groupby(["age_band", "sex"])[end].sum()
        for sex in SEXES:
            trace = traces(ages(run).view(), SEX[sex])[list(ENDS).index(end)]
            for band, rate in zip(trace.x, trace.y, strict=True):
                assert rate * people[band, sex] / 100_000 == pytest.approx(scale * counts.get((band, sex), 0))
        assert counts.sum() > 30


def test_types_come_with_the_most_victims_first(full: sim.Run) -> None:
    figure = types(full).view()
    counts = full.outcomes.groupby("fraud_type")[list(ENDS)].sum()
    for end in ENDS:
        (trace,) = traces(figure, ENDS[end])
        assert dict(zip(trace.y, trace.x, strict=True)) == dict(counts[end].items())
    assert list(traces(figure, "victims")[0].x) == sorted(counts["victims"], reverse=True)
    assert figure.layout.yaxis.ticktext[0] == traces(figure, "victims")[0].y[0].replace("_", " ")


def test_a_type_of_a_hundred_times_the_victims_leaves_the_others_seen(
    full: sim.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.report import money

    counts = money.counts

    def with_one_far_out(run: sim.Run, table: str, by: list[str], end: str) -> dict[str, float]:
        found = counts(run, table, by, end)
        return found | {max(found, key=found.__getitem__): 100 * max(found.values())} if end == "victims" else found

    whole = counts(full, "outcomes", ["fraud_type"], "victims")
    assert not any("//" in note.text for note in types(full).view().layout.annotations)
    first, most = max(whole, key=whole.__getitem__), max(whole.values())
    monkeypatch.setattr(money, "counts", with_one_far_out)
    figure = types(full).view()
    assert figure.layout.xaxis.range[1] < 2 * most
    (note,) = [note for note in figure.layout.annotations if "//" in note.text]
    assert (note.y, note.yshift) == (first, money.HALF)
    assert amount(100 * most) in note.text


def test_a_long_name_leaves_room_for_its_bar() -> None:
    import plotly.graph_objects as go

    from sim.report.drawing import LONGEST, names_beside

    names = {"one": "x" * 80, "other": f"<b>{'y' * 20}</b>"}
    axis = names_beside(go.Figure(), names).layout.yaxis
    assert list(axis.tickvals) == ["one", "other"]
    assert list(axis.ticktext) == ["x" * (LONGEST - 1) + "…", f"&lt;b&gt;{'y' * 20}&lt;/b&gt;"]
