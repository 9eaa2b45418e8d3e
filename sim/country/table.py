"""A sample of the synthetic population as a table, to look at and to check against the census."""

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.country.people import SEGMENTS, frailty_levels, install_day, people_tables, sample
from sim.country.provinces import Provinces
from sim.days import calendar_date

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario


def people(scenario: "Scenario | str", n: int = 100_000, **keywords: Any) -> "pd.DataFrame":
    """Return ``n`` people of a scenario's whole population, one row each, evenly spaced over the country.

    ``scenario`` is a scenario or what ``load_scenario`` takes, with its ``keywords``. Columns: ``province`` (code),
    ``number``, ``age`` (years), ``age_band``, ``sex`` (f or m), ``urban``, ``segment`` (occupation group),
    ``internet``, ``app_installed`` (date, missing for never), ``exposure`` (high or low), ``frailty`` (mean 1).
    The people are those of the full scale, whatever the scenario's. Raises ``ValueError`` for n below 1.
    """
    import pandas as pd

    from sim.scenario import load_scenario

    if not isinstance(n, int) or n < 1:
        raise ValueError(f"n is {n!r}; a sample is a whole number of people, at least one")
    if isinstance(scenario, str):
        scenario = load_scenario(scenario, **keywords)
    spec = scenario.spec.model_copy(update={"scale": 1.0})
    provinces = Provinces.of(spec)
    rows = sample(spec.seed, n, provinces.people, provinces.high, people_tables(spec))
    columns = dict(
        zip(
            ("province", "number", "age", "band", "sex", "urban", "segment", "online", "u_app", "frailty"),
            rows.T,
            strict=True,
        )
    )
    installed = [
        install_day(spec.population, int(u)) if online else None
        for u, online in zip(columns["u_app"], columns["online"], strict=True)
    ]
    levels = np.array(frailty_levels(spec.population.frailty_sigma))
    return pd.DataFrame(
        {
            "province": np.array(provinces.codes, dtype=np.int16)[columns["province"]],
            "number": columns["number"],
            "age": columns["age"].astype(np.int16),
            "age_band": pd.Categorical.from_codes(columns["band"], pd.Index(spec.population.band_names())),
            "sex": pd.Categorical.from_codes(columns["sex"], pd.Index(["f", "m"])),
            "urban": columns["urban"].astype(bool),
            "segment": pd.Categorical.from_codes(columns["segment"], pd.Index(SEGMENTS)),
            "internet": columns["online"].astype(bool),
            "app_installed": pd.Series(
                [None if day is None else calendar_date(day) for day in installed], dtype=object
            ),
            "exposure": np.where(columns["number"] < provinces.high[columns["province"]], "high", "low"),
            "frailty": levels[columns["frailty"]],
        }
    )
