"""What pairs of runs say: whether scenarios meet the same attempts, and intervals of differences and ratios.

Confidence intervals of a mean of independent samples, by Student's t.

Cost per victim, or per unit of money, that a policy spares: the difference in cost over the difference in losses.

Health economists call it the incremental cost-effectiveness ratio. Its interval is Fieller's ("Some problems in
interval estimation", Journal of the Royal Statistical Society B 16, 1954): all ratios r for which the mean of the
differences in cost, less r times the differences in losses, does not differ significantly from 0. There is no interval
where the differences in losses themselves do not differ from 0.

Pairing: which scenarios meet the same attempts and people, so that their runs can be compared one to one.

Victims under one of two policies, and how the same attempt ended under each, from the events of two runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING

import numpy as np

from sim.base.failures import RefusedError
from sim.base.words import STOPPED, Channel, EpisodeEnd, Event, Fate
from sim.language import said
from sim.reading.quantities import COST, COST_HIGH, COST_LOW, PARTS, TOTAL, not_priced, paid
from sim.reading.run import quantities
from sim.scenario.levers import levers
from sim.scenario.load import NO_RESULT
from sim.scenario.resolved import plain
from sim.store.exported import sums

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run
    from sim.scenario import Scenario

LEVEL = 0.95
"""Confidence level of all intervals except those over posterior draws."""


def quantile(samples: int) -> float:
    """Return the quantile of Student's t for the interval of a mean of ``samples``, at least 2."""
    from scipy.special import stdtrit

    return float(stdtrit(samples - 1, (1.0 + LEVEL) / 2.0))


def half_width(standard_deviation: float, samples: int) -> float:
    """Return half the width of the interval of a mean of at least two samples with this standard deviation."""
    return quantile(samples) * standard_deviation / float(samples**0.5)


def interval_of_mean(samples: Sequence[float]) -> tuple[float, float] | None:
    """Return the confidence interval of a mean of independent samples; None for a single one."""
    if len(samples) < 2:
        return None
    mean, half = fmean(samples), half_width(stdev(samples), len(samples))
    return mean - half, mean + half


Amounts = Mapping[str, float]
"""Quantities of one run, by name: totals of the country, and figures as ``NAME@START..END``."""

Interval = tuple[float, float] | None

SPARED: Mapping[str, tuple[str, ...]] = {
    "cost_per_victim_spared": ("victims",),
    "cost_per_money_spared": ("loss_money", "recovered_money"),
}
"""By name of the ratio, what is spared: a decrease of the first quantity less the others."""

NOT_PRICED = "not_priced"
"""Why a row has no number: a lever has no price."""

NAMED = 6
"""Levers without a price that are named; the rest is counted."""


@dataclass(frozen=True)
class Ratio:
    """Cost per unit spared, in money; missing where nothing is spared or one policy both costs less and spares more.

    ``chance`` is the interval of run-to-run noise, or over posterior draws; ``prices`` the range as prices move.
    """

    value: float | None
    chance: Interval
    prices: Interval


def why_withheld(base: "Scenario", other: "Scenario") -> str | None:
    """Return why two scenarios have no cost per unit spared: ``NOT_PRICED``, or None if they have one."""
    return NOT_PRICED if not_priced(base, other, levers(base, other)) else None


def unpriced_said(names: Sequence[str]) -> str:
    """Return the sentence that names levers without a price; empty where all have one."""
    if not names:
        return ""
    shown = ", ".join(names[:NAMED])
    if len(names) > NAMED:
        shown = said("{levers} and {number} more", levers=shown, number=str(len(names) - NAMED))
    return said("Not priced: {levers}. So the cost of sparing a victim or a unit of net loss is unknown.", levers=shown)


def ratio(pairs: Sequence[Sequence[tuple[Amounts, Amounts]]], name: str, within: float) -> Ratio:
    """Return the cost per unit spared, the ratio of mean differences over ``pairs`` by draw, then by replicate.

    ``name`` is one of ``SPARED``; ``within`` is the share of posterior draws inside an interval over draws.
    """
    every = [pair for group in pairs for pair in group]
    costs = [cost_difference(one, two) for one, two in every]
    spared = [_lost(one, name) - _lost(two, name) for one, two in every]
    cost, gain = fmean(costs), fmean(spared)
    if cost * gain <= 0:
        return Ratio(None, None, None)
    if len(pairs) == 1:
        chance = fieller(costs, spared)
    else:
        size = len(pairs[0])
        groups = range(0, len(every), size)
        chance = _over_draws(
            [fmean(costs[at : at + size]) for at in groups], [fmean(spared[at : at + size]) for at in groups], within
        )
    ends = price_interval(every)
    low, high = sorted(end / gain for end in ends)
    return Ratio(cost / gain, chance, (low, high))


def cost_difference(base: Amounts, other: Amounts) -> float:
    """Return how much more the other policy costs, at the prices' own values."""
    return float(other[f"{COST}.{TOTAL}"]) - float(base[f"{COST}.{TOTAL}"])


def price_interval(
    pairs: Sequence[tuple[Amounts, Amounts]], parts: Sequence[str] = tuple(PARTS)
) -> tuple[float, float]:
    """Return the least and the most of a mean difference in cost, in money, as prices move within their ranges.

    Both policies pay the same price, and each price moves independently.
    """
    low = high = 0.0
    for part in parts:
        ends = [
            fmean(paid(two, key, part) - paid(one, key, part) for one, two in pairs)
            for key in (COST_LOW, COST, COST_HIGH)
        ]
        low, high = low + min(ends), high + max(ends)
    return low, high


def fieller(costs: Sequence[float], spared: Sequence[float]) -> Interval:
    """Return the confidence interval of the ratio of two means of paired samples.

    It has no ends (None) for fewer than two samples, or where the denominator does not differ from 0.
    """
    size = len(costs)
    if size < 2:
        return None
    cost, gain = fmean(costs), fmean(spared)
    # Of the means: t^2 times their variances and their covariance.
    factor = quantile(size) ** 2 / (size * (size - 1))
    of_cost = factor * sum((one - cost) ** 2 for one in costs)
    of_gain = factor * sum((one - gain) ** 2 for one in spared)
    of_both = factor * sum((one - cost) * (two - gain) for one, two in zip(costs, spared, strict=True))
    if gain**2 <= of_gain:
        return None
    middle = cost * gain - of_both
    root = max(0.0, middle**2 - (gain**2 - of_gain) * (cost**2 - of_cost)) ** 0.5
    return (middle - root) / (gain**2 - of_gain), (middle + root) / (gain**2 - of_gain)


def _over_draws(costs: Sequence[float], spared: Sequence[float], within: float) -> Interval:
    """Return the interval of a share of the draws' ratios; None where only some draws spare anything."""
    import numpy as np

    if not (min(spared) > 0 or max(spared) < 0):
        return None
    ratios = [cost / gain for cost, gain in zip(costs, spared, strict=True)]
    low, high = (float(end) for end in np.quantile(ratios, [(1.0 - within) / 2.0, (1.0 + within) / 2.0]))
    return low, high


def _lost(amounts: Amounts, name: str) -> float:
    first, *others = SPARED[name]
    return float(amounts[first]) - sum(float(amounts[other]) for other in others)


ALIKE = ("seed", "period", "scale", "population")
"""Sections that a pair has in common: attempts and people are drawn from them."""

NAMES = ("name", "title")


class PairingError(RefusedError, ValueError):
    """Runs that cannot be paired: which, why, and what is allowed, in one line."""


def demand_pair(base: "Scenario", other: "Scenario") -> None:
    """Raise PairingError unless two scenarios meet the same attempts and people."""
    for section in ALIKE:
        here, there = plain(base.resolved[section]), plain(other.resolved[section])
        if here != there:
            key, one, two = difference(section, here, there)
            raise PairingError(
                f"{other.name} cannot be paired with {base.name}: {key} is {two} instead of {one}; "
                f"{', '.join(ALIKE[:-1])} and {ALIKE[-1]} must be equal, or attempts and people differ"
            )


def difference(key: str, here: object, there: object) -> tuple[str, object, object]:
    """Return the dotted key of the first place at which two resolved values differ, and the value of each there."""
    if isinstance(here, dict) and isinstance(there, dict):
        for name in dict.fromkeys((*here, *there)):
            if here.get(name) != there.get(name):
                return difference(f"{key}.{name}", here.get(name), there.get(name))
    if isinstance(here, list) and isinstance(there, list):
        if len(here) != len(there):
            return f"the length of {key}", len(here), len(there)
        for number, (one, two) in enumerate(zip(here, there, strict=True)):
            if one != two:
                return difference(f"{key}[{number}]", one, two)
    return key, here, there


def demand_pairs(base: Sequence["Scenario"], other: Sequence["Scenario"]) -> None:
    """Raise PairingError unless the scenarios of two lists can be paired one by one, in order."""
    if len(base) != len(other):
        raise PairingError(
            f"{other[0].name} has {len(other)} runs and {base[0].name} has {len(base)}; "
            "both need the same number, with the same seeds"
        )
    for one, two in zip(base, other, strict=True):
        demand_pair(one, two)


def demand_replicates(scenarios: Sequence["Scenario"]) -> None:
    """Raise PairingError unless the scenarios differ in their seed only, and each has its own seed."""
    first, *others = scenarios
    for other in others:
        for section in first.resolved:
            here, there = plain(first.resolved[section]), plain(other.resolved[section])
            if section not in ("seed", *NAMES, *NO_RESULT) and here != there:
                key, one, two = difference(section, here, there)
                raise PairingError(
                    f"replicates of {first.name} differ: {key} is {one} and {two}; only their seeds may differ"
                )
    seeds = [one.spec.seed for one in scenarios]
    if len(set(seeds)) < len(seeds):
        raise PairingError(f"two replicates of {first.name} have the same seed; each needs its own seed")


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
    from sim.store.columns import Scope

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
