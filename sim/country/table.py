"""A sample of the synthetic population as a table, for inspection and comparison with the census."""

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.base.days import calendar_date
from sim.base.words import Sex
from sim.country.people import frailty_levels, install_day, people_tables, sample
from sim.country.provinces import Provinces

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario


def people(scenario: "Scenario | str", n: int = 100_000, **keywords: Any) -> "pd.DataFrame":
    """Return people of a scenario's whole population, evenly spaced over the country.

    Args:
        scenario: A scenario, or the name or path of one.
        n: Number of people, taken from the full scale whatever the scale of the scenario.
        **keywords: Of ``load_scenario``.

    Returns:
        One row per person, with ``province`` (code), ``number``, ``age`` (years), ``age_band``, ``sex`` (f or m),
        ``urban``, ``segment`` (occupation group), ``internet``, ``app_installed`` (date, missing for never),
        ``exposure`` (high or low), ``frailty`` (mean 1).

    Raises:
        ValueError: If ``n`` is not an integer of at least 1.
    """
    import pandas as pd

    from sim.scenario import load_scenario

    if not isinstance(n, int) or n < 1:
        raise ValueError(f"n must be a whole number of people, at least 1; got {n!r}")
    if isinstance(scenario, str):
        scenario = load_scenario(scenario, **keywords)
    spec = scenario.spec.model_copy(update={"scale": 1.0})
    provinces = Provinces.of(spec)
    rows = sample(spec.seed, n, provinces.people, people_tables(spec))
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
            "sex": pd.Categorical.from_codes(columns["sex"], pd.Index(Sex.labels())),
            "urban": columns["urban"].astype(bool),
            "segment": pd.Categorical.from_codes(columns["segment"], pd.Index(spec.population.occupation.segments)),
            "internet": columns["online"].astype(bool),
            "app_installed": pd.Series(
                [None if day is None else calendar_date(day) for day in installed], dtype=object
            ),
            "exposure": np.where(columns["number"] < provinces.high[columns["province"]], "high", "low"),
            "frailty": levels[columns["frailty"]],
        }
    )
