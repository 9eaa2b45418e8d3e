"""Education of people of some ages: who engages less, and who learns how much."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.country.calendar import Calendar, Measures
from sim.country.people import OLDEST, age_shares, group_of_age
from sim.shield.engagement import Education, segment_people
from tests.engines.small import NO_LEGITIMATE, TWO_DAYS, fewer, run_tiny
from tests.equality.scenarios import SHARP, VIDEOS, taught

OLD = "61+"
OTHERS = {f"measures.{kind}-{year}": None for kind in ("videos", "activities") for year in (2021, 2022)}
QUIET: dict[str, Any] = {"period": {**TWO_DAYS, "warmup": "4 d"}, **fewer(0.5), **SHARP, "feedback": False}


@pytest.mark.slow
def test_only_people_of_these_ages_engage_less(tmp_path: Path) -> None:
    base, other = (
        run_tiny(tmp_path / name, engine="vector", **{**QUIET, **fewer(60), **NO_LEGITIMATE}, **values)
        for name, values in (("base", {}), ("other", taught([61, None], [61, None])))
    )
    bands = [run.outcomes.groupby("age_band")["episodes"].sum() for run in (base, other)]
    young = [band for band in bands[0].index if band != OLD]
    assert bands[0][OLD] > 40
    assert (bands[0][young] == bands[1][young]).all()
    assert bands[1][OLD] < 0.8 * bands[0][OLD]


def gains(values: dict[str, Any]) -> tuple[sim.Scenario, np.ndarray]:
    """Return a scenario with these measures and what a day of theirs gives, by province, segment and group of ages."""
    scenario = sim.load_scenario("tiny", **{**QUIET, **values, **OTHERS})
    spec = scenario.spec
    codes = tuple(row.code for row in spec.population.provinces)
    found = Education.of(spec, Measures(spec.measures), codes).gains(Calendar.of(spec.period).days)[0]
    return scenario, found.reshape(len(codes), len(spec.population.occupation.segments), -1)


def test_what_is_shown_goes_to_people_of_these_ages(tmp_path: Path) -> None:
    scenario, found = gains({"measures.films": {**VIDEOS, "ages": [30, 64]}})
    spec = scenario.spec
    assert spec.age_cuts == [30, 65]
    assert (found[:, :, [0, 2]] == 0.0).all()
    people = np.array(segment_people(spec)).reshape(found.shape)
    assert (found * people).sum() == pytest.approx(0.1 * 300_000 / 14)
    assert np.ptp(found[:, :, 1]) == pytest.approx(0.0, abs=1e-12)
    # People of each group, all segments together, are those of their ages.
    for p, row in enumerate(spec.population.provinces):
        years = np.array(age_shares(spec.population, p))
        of_age = np.array(group_of_age(spec))
        assert len(of_age) == OLDEST + 1
        for group in range(3):
            expected = row.population * years[of_age == group].sum()
            assert people[p, :, group].sum() == pytest.approx(expected, abs=4)  # at least one in each part
