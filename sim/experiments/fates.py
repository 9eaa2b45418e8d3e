"""Victims under one of two policies, and how the same attempt ended under each, from the events of two runs."""

from typing import TYPE_CHECKING

import numpy as np

from sim.base.words import STOPPED, Channel, EpisodeEnd, Event, Fate
from sim.experiments.pairing import demand_pair
from sim.reading.outcomes import quantities
from sim.scenario.resolved import plain
from sim.store.query import sums

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run
    from sim.scenario import Scenario

VICTIM, SAVED, OPEN, HALTED, ABSENT = "victim", EpisodeEnd.SAVED.label, "open", "stopped", "absent"
"""How an attempt ended, in addition to ``ignored``, ``dropped_out`` and ``held``: somebody paid; a warning stopped it
before payment; the run ended first; it was stopped before anybody answered, so that no log names it; or, where the two
scenarios differ in their fraud, either that or no such attempt exists."""

CHANGES = ("saved", "harmed", "unchanged")
"""A victim of the base only; of the other only; of both."""

COUNTS = ("count", "paid_cents")
"""Columns that count changes; the others describe whom."""

SAMPLED = ("sample_saved", "sample_harmed")
"""Simulated people, not scaled up, who are victims of the base only, and of the other only."""

FEW = 30
"""Below so many changed people, an interval of differences in people and money means little: Student's t supposes
differences that are nearly normal."""


def fates(run: "Run", among: "pd.Index | None" = None) -> "pd.DataFrame":
    """Return a row for each attempt of the period in the log: ``fate``, ``person`` (its number), ``paid`` (cents).

    With ``among`` only attempts of these origins have one.

    The log names attempts that may engage the person they reach, and those that raised an alert; all others are only
    counted. A fate is unanswered, ignored, or how its episode ended; the index is the origin. A run without events
    raises a FileNotFoundError.
    """
    import pandas as pd

    events = run.events if among is None else run.events[run.events["origin"].isin(among)]
    arrived = events[events["event"] == Event.ATTEMPT.label]
    frame = pd.DataFrame(
        {"fate": arrived["result"].astype("string").to_numpy(), "person": arrived["person"].to_numpy()},
        index=pd.Index(arrived["origin"].to_numpy(), name="origin"),
    )
    frame.loc[frame["fate"] == Fate.ENGAGED.label, "fate"] = OPEN
    later = events[events["event"].isin((Event.STAGE.label, Event.PAYMENT.label))]
    # Later events of attempts of the warm-up are logged without their arrival.
    own = later[later["origin"].isin(frame.index)]
    ended = own[(own["event"] == Event.STAGE.label) & own["result"].notna()]
    ends = ended.set_index("origin")["result"].replace({STOPPED: SAVED})
    frame.loc[ends.index, "fate"] = ends.astype("string")
    paid = own[own["event"] == Event.PAYMENT.label].groupby("origin")["value"].sum()
    frame["paid"] = paid.reindex(frame.index).fillna(0).astype("int64")
    frame.loc[paid.index, "fate"] = VICTIM
    return frame


def changes(base: "Run", other: "Run") -> "pd.DataFrame":
    """Count the victims of two runs with events by what the other policy changed for them.

    Runs that do not meet the same attempts and people raise a PairingError, runs without events a FileNotFoundError.

    Args:
        base: The run of the baseline.
        other: The run of the other policy.

    Returns:
        ``change`` (see ``CHANGES``), ``province`` (code), ``channel``, ``fraud_type``, ``age_band``, ``base`` and
        ``other`` (fates: the path), ``count`` and ``paid_cents`` (of the other, less that of the base), as simulated,
        of the attempts of the period with recorded events.
    """
    return summed(victims(base, other))


def victims(base: "Run", other: "Run") -> "pd.DataFrame":
    """Return a row for each victim of two runs with events, by the origin of the attempt: the columns of ``changes``.

    Raises what ``changes`` raises.
    """
    import pandas as pd

    from sim.country.people import home, people_tables
    from sim.draws.identity import channel_of, fraud_type_of, person_id, province_of
    from sim.store.scope import Scope

    demand_pair(base.scenario, other.scenario)
    scope, spec = Scope.of(base.scenario), base.scenario.spec
    paid = (run.events.loc[run.events["event"] == Event.PAYMENT.label, "origin"] for run in (base, other))
    among = pd.Index(pd.concat(paid).unique())
    both = fates(base, among), fates(other, among)
    pairs = both[0].merge(both[1], how="outer", left_index=True, right_index=True, suffixes=("_base", "_other"))
    unnamed = HALTED if same_fraud(base.scenario, other.scenario) else ABSENT
    for side in ("base", "other"):
        pairs[f"fate_{side}"] = pairs[f"fate_{side}"].fillna(unnamed)
        pairs[f"paid_{side}"] = pairs[f"paid_{side}"].fillna(0).astype("int64")
    before, after = pairs["fate_base"] == VICTIM, pairs["fate_other"] == VICTIM
    chosen = pairs[before | after]
    origins = [int(origin) for origin in chosen.index]
    people = chosen["person_base"].fillna(chosen["person_other"])
    tables = people_tables(spec)
    ages = [
        home(spec.seed, person_id(province_of(origin), int(person)), province_of(origin), tables)[0]
        for origin, person in zip(origins, people, strict=True)
    ]
    kinds = np.select([before & ~after, ~before & after], CHANGES[:2], CHANGES[2])[before | after]
    return pd.DataFrame(
        {
            "change": pd.Categorical(kinds, CHANGES),
            "province": [scope.provinces[province_of(origin)] for origin in origins],
            "channel": pd.Categorical([Channel(channel_of(origin)).label for origin in origins], Channel.labels()),
            "fraud_type": pd.Categorical([scope.fraud_types[fraud_type_of(o)] for o in origins], scope.fraud_types),
            "age_band": pd.Categorical([scope.age_bands[tables.band[age]] for age in ages], scope.age_bands),
            "base": chosen["fate_base"].astype("string").to_numpy(),
            "other": chosen["fate_other"].astype("string").to_numpy(),
            "count": 1,
            "paid_cents": (chosen["paid_other"] - chosen["paid_base"]).to_numpy(),
        },
        index=chosen.index,
    )


def quantities_beside(base: "Run", other: "Run") -> dict[str, float]:
    """Return the ``quantities`` of a run, and how many simulated people it saved and harmed: ``SAMPLED``.

    People are the differences in victims by day, province, type of fraud, age and sex. They are left out where totals
    alone show that more than ``FEW`` changed.
    """
    found = quantities(other)
    if abs(found["victims"] - base.manifest["totals"]["victims"]) * other.manifest["scale"] >= FEW:
        return found
    keys = ["day", "province", "fraud_type", "age_band", "sex"]
    before, after = (
        sums(run.path, "outcomes", keys, ["victims"]).to_pandas().set_index(keys)["victims"] for run in (base, other)
    )
    moved = after.sub(before, fill_value=0)
    return found | dict(zip(SAMPLED, (float(-moved[moved < 0].sum()), float(moved[moved > 0].sum())), strict=True))


def same_fraud(base: "Scenario", other: "Scenario") -> bool:
    """Return whether two scenarios that can be paired have the same attempts, with the same people who may engage."""
    return bool(plain(base.resolved["fraud"]) == plain(other.resolved["fraud"]))


def summed(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Add up the counts of changes that are equal in every other column."""
    keys = [column for column in frame.columns if column not in COUNTS]
    return frame.groupby(keys, observed=True, as_index=False)[list(COUNTS)].sum()
