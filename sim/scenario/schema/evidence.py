"""What no simulated day depends on: reported figures, evidence, and settings of logs, sweeps and calibration.

Reported figures, shown next to the simulated ones.

Evidence: known ranges of quantities inside the model, to compare with runs; the model does not read it.

Settings of event logs, sweeps and calibration; no simulated day depends on them.
"""

from collections.abc import Sequence
from math import inf
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.base.words import Role, Tier
from sim.scenario.bounds import (
    Counted,
    Discrepancy,
    Members,
    Probability,
    Reported,
    Samples,
    Scale,
    Seeds,
    Sigma,
    StandardError,
    Tolerance,
)
from sim.scenario.errors import choices
from sim.scenario.scalars import CsvFile, Day, Switch, Window
from sim.scenario.schema.base import ONE_LINE, DottedKey, Mistakes, Naming, Part, Sparse, mistake


class Figure(Part):
    """A figure to show next to the simulated one: put in, fitted, predicted, or context.

    Only a prediction may have no value, because nothing is reported yet. ``standard_error`` is the spread between seeds
    of runs of the whole country, ``sampling_error`` the part of it that grows in sampled runs, ``interval`` the 90%
    interval of the posterior's prediction. All are in the unit of the figure.
    """

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=ONE_LINE)]
    """Quantity that is counted, such as victims, or its change: the name with _change behind it. Quantities of people
    and their money may have a fraud type or an age band behind a dot, cases also a channel, such as sms, or a channel
    and a class of fraud.classes, such as call.abroad. Example: `cases_filed.loan_credit`"""
    window: Window
    """Days over which it is counted. Example: `[2022-01-01, 2022-11-30]`"""
    base: Window | None = None
    """Earlier days with which a change compares; only for names that end in _change. Example: `[2021-01-01,
    2021-11-30]`"""
    value: Reported | Day | None = None
    """Reported value: a count, money for losses, a fraction for changes, or a date. Only a predicted figure may omit
    it. Unit: as the quantity. More: a larger reported figure; no run depends on it. Example: `391000`"""
    role: Literal["input", "fitted", "predicted", "context"]
    """How the figure was used: input (put in), fitted (parameters were fitted to it), predicted (compared afterwards)
    or context (counted by another definition, or over days that are not known: shown, and not judged). Example:
    `fitted`"""
    tolerance: Tolerance | None = None
    """Largest difference that still counts as met, as a share of the reported figure; for a change in absolute terms.
    Unit: share. More: a looser test. Example: `0.01`"""
    standard_error: StandardError | None = None
    """Spread of the figure between runs of the whole country with other seeds. Unit: as the quantity. More: run-to-run
    noise may explain more of a difference. Example: `5702000`"""
    sampling_error: StandardError | None = None
    """Part of standard_error that comes from sampling single people and grows as 1 / sqrt(scale) in a sampled run; the
    rest (which dens are raided) is the same at every scale. Without it all of standard_error. Unit: as the quantity.
    More: small runs may differ more by run-to-run noise. Example: `42700`"""
    interval: Annotated[list[Reported], Field(min_length=2, max_length=2)] | None = None
    """Lower and upper end of the prediction's 90% interval. Unit: as the quantity. More: a higher prediction. Example:
    `[1738000000, 1887000000]`"""
    source: str
    """Who reported it, where and when. Example: `"Xinhua, 17 August 2022"`"""

    def _wrong(self) -> Mistakes:
        if self.value is None and self.role != "predicted":
            allowed = "must be the reported number or date (only a predicted figure may omit it)"
            yield mistake("value", f"is missing, but the figure is {self.role}", allowed)
        elif self.role == "context" and self.tolerance is not None:
            allowed = "must be left out: nobody can say whether a figure of another definition is met"
            yield mistake("tolerance", "is given, but the figure is context", allowed)
        elif self.sampling_error is not None and self.sampling_error > (self.standard_error or 0):
            allowed = "must be at most standard_error, which must be given"
            yield mistake("sampling_error", f"is {self.sampling_error:g}", allowed)
        elif self.interval is not None and self.interval[0] > self.interval[1]:
            yield mistake("interval", "begins above its end", "low must be at most high")


FRAUD_TYPE, AGE_BAND, PROVINCE, ROLE = "fraud type", "age band", "province", "role"

QUANTITIES: dict[str, str | None] = {
    "share_of_cases": FRAUD_TYPE,
    "share_of_losses": FRAUD_TYPE,
    "share_of_victims": AGE_BAND,
    "women_among_victims": None,
    "cases_per_year": None,
    "cases_per_victim": None,
    "loss_mean": None,
    "loss_median": None,
    "loss_sigma": None,
    "reports_within_1h": None,
    "reports_1h_to_12h": None,
    "reports_12h_to_24h": None,
    "reports_later": None,
    "recovered_share_of_losses": None,
    "dropout_given_engaged": None,
    "recall_call": None,
    "recall_sms": None,
    "false_blocks_call": None,
    "false_blocks_sms": None,
    "attempts_per_card_day": None,
    "unknown_calls_answered": None,
    "app_users": None,
    "alert_peak_to_mean": None,
    "alert_precision": None,
    **{f"alert_precision_{tier}": None for tier in Tier.labels()},
    "alerts_on_episodes": None,
    "call_share_of_alerts": None,
    "visit_share_of_alerts": None,
    "warning_calls_answered": None,
    "calls_per_staff_day": None,
    "staff_on_duty_call": None,
    "staff_on_duty_visit": None,
    "utilisation_call": None,
    "utilisation_visit": None,
    "utilisation_peak_call": None,
    "utilisation_peak_visit": None,
    "visits_per_day": None,
    "contacts_per_instruction": None,
    **{f"expired_{tier}": None for tier in Tier.labels()},
    **{f"reached_{tier}": None for tier in Tier.labels()},
    **{f"first_contact_{tier}": None for tier in Tier.labels()},
    "local_alerts_share": PROVINCE,
    "share_of_suspects": ROLE,
}
"""Quantities of evidence, and the kind of name that follows the dot: ``share_of_cases.loan``.

``sim.reading.evidence`` computes them; section 9 of docs/model.md defines them.
"""


LOSS_SIGMA = "loss_sigma"
LOSSES = ("loss_mean", "loss_median", LOSS_SIGMA)
"""Quantities of the lognormal distribution of losses."""

SHARES = frozenset(
    (
        "share_of_cases",
        "share_of_victims",
        "share_of_suspects",
        "women_among_victims",
        "cases_per_victim",
        "reports_within_1h",
        "reports_1h_to_12h",
        "reports_12h_to_24h",
        "reports_later",
        "dropout_given_engaged",
        "recall_call",
        "recall_sms",
        "false_blocks_call",
        "false_blocks_sms",
        "unknown_calls_answered",
        "alert_precision",
        "alerts_on_episodes",
        "call_share_of_alerts",
        "visit_share_of_alerts",
        "warning_calls_answered",
        "local_alerts_share",
        *(f"{name}_{tier}" for name in ("alert_precision", "expired", "reached") for tier in Tier.labels()),
    )
)
"""Quantities that are shares of people, cases or contacts that somebody can count."""


class Evidence(Sparse):
    """Evidence on one quantity: a range, perhaps a value in it, and its source.

    ``by: month`` says that each calendar month of the window is in the range on its own.
    """

    newer: ClassVar = ("count", "spread", "claimed")

    name: Annotated[str, Field(max_length=200, pattern=ONE_LINE), Naming("quantity")]
    """Quantity that is known, some with a fraud type, age band, province or role of suspects behind a dot. Example:
    `local_alerts_share.44`"""
    window: Window | None = None
    """Days for which it is known; without it the whole period. Example: `[2022-01-01, 2022-11-30]`"""
    by: Literal["month"] | None = None
    """month: each calendar month of the window must be in the range on its own. Example: `month`"""
    value: Reported | None = None
    """Most likely value. Unit: as the quantity. More: a higher expectation; no run depends on it. Example: `0.29`"""
    range: Annotated[list[Reported], Field(min_length=2, max_length=2)]
    """Known range: lower and upper end. Unit: as the quantity. More: a higher expectation; no run depends on it.
    Example: `[0.15, 0.45]`"""
    basis: Annotated[str, Field(min_length=1, pattern=ONE_LINE)]
    """Source of the knowledge. Example: `"Zhengzhou 2022"`"""
    count: Counted | None = None
    """Number of people or cases that were counted for the value. A calibration then takes the value and the error of
    this count instead of the middle and the width of the range. Unit: people or cases. More: the value is known better.
    Example: `513`"""
    spread: Sigma | None = None
    """Standard deviation between places and years, added to the error of the count: log units, or logits for a share.
    Unit: log units. More: the value says less about the country. Example: `0.4`"""
    claimed: Switch | None = None
    """Whether it is a claim whose definition is not known: it is shown next to the quantity, never judged or fitted.
    Example: `on`"""

    def _wrong(self) -> Mistakes:
        low, high = self.range
        quantity = self.name.partition(".")[0]
        if low > high:
            yield mistake("range", f"[{low:g}, {high:g}] begins above its end", "low must be at most high")
        elif self.value is not None and not low <= self.value <= high:
            yield mistake("value", f"{self.value:g} is outside its range", f"must be in [{low:g}, {high:g}]")
        elif self.count is None:
            if self.spread is not None:
                yield mistake("spread", "there is no count", "add count, or remove spread")
        elif quantity not in SHARES and quantity not in LOSSES:
            yield mistake("count", f"'{self.name}' is not a share of people or cases", "remove count")
        else:
            top = inf if quantity in LOSSES else 1.0
            if self.value is None or not 0.0 < self.value < top:
                what = "a count needs a value" if self.value is None else f"{self.value:g} with a count"
                yield mistake("value", what, "must be above 0" + (" and below 1" if top == 1.0 else ""))


def uncertain_losses(evidence: Sequence[Evidence]) -> Mistakes:
    """Find counts of a mean or median loss whose error is unknown, since no row gives the sigma of losses."""
    if any(row.name == LOSS_SIGMA and row.value is not None for row in evidence):
        return
    for number, row in enumerate(evidence):
        if row.count is not None and row.name in LOSSES and row.name != LOSS_SIGMA:
            what = f"the error of '{row.name}' needs the sigma of losses"
            yield mistake(f"evidence.{number}.count", what, f"add a row {LOSS_SIGMA} with a value")


def wrong_names(
    evidence: Sequence[Evidence], fraud_types: Sequence[str], age_bands: Sequence[str], provinces: Sequence[str]
) -> Mistakes:
    """Find unknown quantities, and quantities of an unknown fraud type, age band, province or role."""
    known = {FRAUD_TYPE: fraud_types, AGE_BAND: age_bands, PROVINCE: provinces, ROLE: Role.labels()}
    forms = [f"{name}.{kind.replace(' ', '_').upper()}" if kind else name for name, kind in QUANTITIES.items()]
    for number, row in enumerate(evidence):
        key = f"evidence.{number}.name"
        name, dot, of = row.name.partition(".")
        kind = QUANTITIES.get(name)
        if name not in QUANTITIES or (dot and kind is None):
            yield mistake(key, f"'{row.name}' is not a quantity", choices(row.name, forms, len(forms)))
        elif kind is not None and of not in known[kind]:
            a_kind = f"{'an' if kind == AGE_BAND else 'a'} {kind}"
            what = f"'{of}' is not {a_kind}" if dot else f"'{name}' must name {a_kind}: {name}.{known[kind][0]}"
            yield mistake(key, what, choices(of, known[kind]))


Family = Literal["alerts", "cards", "cases", "dens", "interceptions", "money", "suspects"]
"""Families of figures, each with its own discrepancy of the model."""


class Record(Part):
    """Which events are written: none, all, or those of a share of attempts and contacts."""

    events: Literal["none", "all"] | Probability = "none"
    """Which events are logged one by one: none, all, or those of a share of all attempts and contacts. Unit: share, or
    a word. More: a larger log; results stay the same. Example: `0.01`"""


class Sweep(Part):
    """Parameters to vary, each with its values, and how they are combined."""

    design: Literal["grid", "sobol", "lhs"] = "grid"
    """How values are combined: grid (every combination), or sobol or lhs (points spread evenly over the ranges).
    Example: `grid`"""
    samples: Samples | None = None
    """Points of a design other than grid. Unit: points. More: a denser design and as many more runs. Example: `64`"""
    vary: dict[DottedKey, list[str | float | int | bool]] = Field(default_factory=dict)
    """Parameters to vary, by dotted key, each with its values or, for a design other than grid, with both ends of a
    range. Unit: as the parameter. More: another value tried. Example: `{desks.visit.staff: [2000, 4000, 8000]}`"""


class Order(Part):
    """Parameters whose values are known to be ordered."""

    order: Annotated[list[DottedKey], Field(min_length=2)]
    """Dotted keys of numbers with a range, from the smallest value to the largest; equal values are allowed. Example:
    `[warning.tiers.red.deadline, warning.tiers.orange.deadline]`"""
    basis: Annotated[str, Field(min_length=1)]
    """Why the order is known. Example: `a graver tier is not slower`"""


class Calibration(Part):
    """How the calibrated parameters are fitted to the fitted figures.

    ``parameters`` are the dotted keys that may move; an empty list means all with a range. ``scales`` are those of the
    runs, from coarse to fine, with ``seeds`` replicates each. ``members`` is the size of the posterior's ensemble, 0
    for none. ``evidence`` constrains the posterior in addition to the figures, and ``discrepancy`` is how far off the
    figures of a family are at best. ``draws`` names the table of posterior draws, see ``sim.scenario.stored_draws``.
    """

    parameters: list[DottedKey] = Field(default_factory=list)
    """Dotted keys of the parameters that may move; an empty list means all with a range, except costs. Example:
    `[fraud.volumes.call.level]`"""
    scales: Annotated[list[Scale], Field(min_length=1)] = Field(default_factory=lambda: [0.005, 1.0])
    """Scales of the runs of the fit, from coarse to fine; expectations use the last. Unit: share of the country. More:
    slower, and less run-to-run noise in the fit. Example: `[0.005, 0.02]`"""
    seeds: Seeds = 8
    """Replicates averaged at each scale. Unit: runs. More: slower, and less run-to-run noise in the fit. Example: `8`
    """
    members: Members = 0
    """Posterior draws in the ensemble; 0 makes none. Unit: draws. More: slower, and a better picture of the
    uncertainty. Example: `240`"""
    derived: list[DottedKey] = Field(default_factory=list)
    """Dotted keys of values that a calibration leaves out of its runs: each run then finds its own, and the calibration
    writes them into the file and into each draw. Example: `[gangs.answer.usual]`"""
    discrepancy: dict[Family, Discrepancy] = Field(default_factory=dict)
    """By family of figures, how far the model is off at its best parameters: a standard deviation. Unit: share of a
    level. More: wider intervals, and figures that constrain less. Example: `{cases: 0.04}`"""
    evidence: list[Annotated[str, Naming("quantity")]] = Field(default_factory=list)
    """Names of evidence that constrains the posterior, in addition to the figures. Example: `[recall_call, loss_mean]`
    """
    draws: CsvFile | None = Field(default=None, exclude=True)
    """Name of the CSV file of posterior draws, stored next to the scenario. Example: `week-draws.csv`"""
