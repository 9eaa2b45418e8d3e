"""The flagship carried on to the end of 2023: whatever grows stays within bounds, and nothing jumps."""

from pathlib import Path

import pandas as pd
import pytest

import sim

pytestmark = pytest.mark.slow

LARGER = 1.5
"""No total of 2023 is more than so many times twice that of the last half of 2022, when warnings had grown."""

NEW = "attempts not_sent"
"""What the law prevents, which is in force for a month of 2022 and the whole of 2023."""

JUMP = 1.3
"""No day of a month of 2023 has, in the mean, more than so many times what a day of the month before has, nor less."""


@pytest.fixture(scope="module")
def forecast(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """Run china-2023 with its provinces pooled at a fiftieth of the country."""
    folder: Path = tmp_path_factory.mktemp("beyond") / "run"
    return sim.run(sim.load_scenario("china-2023", {"population.pool": "country"}, scale=0.02), folder)


def daily(run: sim.Run) -> pd.DataFrame:
    """Return what is counted by day, a column each: attempts, interceptions, alerts, outcomes, flows."""
    columns = {}
    for table, by in (("attempts", ["channel"]), ("attempts", ["fate"]), ("alerts", ["source"])):
        rows = getattr(run, table)
        for key, one in rows.groupby(by, observed=True):
            columns[table, *map(str, key)] = one.groupby("day")["count"].sum()
    for name in ("episodes", "saved", "victims", "filed", "loss_cents", "prevented_cents", "recovered_cents"):
        columns["outcomes", name] = run.outcomes.groupby("day")[name].sum()
    for name, one in run.flows.groupby("quantity", observed=True):
        columns["flows", str(name)] = one.groupby("day")["count"].sum()
    frame = pd.DataFrame({" ".join(key): column for key, column in columns.items()}).fillna(0)
    return frame.set_index(pd.to_datetime(frame.index))


def test_no_total_of_the_year_after_is_half_as_large_again(forecast: sim.Run) -> None:
    years = daily(forecast).groupby(lambda day: day.year).sum()
    years = years.drop(columns=NEW)
    half = daily(forecast).loc["2022-07-01":"2022-12-31"].sum().drop(NEW)  # type: ignore[misc]
    ratios = (years.loc[2023] / (2 * half))[half > 0]
    assert len(ratios) > 30
    assert ratios.max() <= LARGER, ratios.idxmax()
    assert not [name for name in years if years.loc[2022, name] == 0 and years.loc[2023, name] > 0]


def test_the_year_after_is_smooth(forecast: sim.Run) -> None:
    months = daily(forecast).loc["2022-12-01":].resample("MS").mean()  # type: ignore[misc]
    for name in (
        *(f"attempts {one}" for one in ("call", "sms", "online")),
        *(f"outcomes {one}" for one in ("victims", "saved")),
    ):
        ratios = (months[name] / months[name].shift()).dropna()
        assert len(ratios) == 12
        assert 1 / JUMP < ratios.min() <= ratios.max() < JUMP, name
