"""Evidence: known ranges of quantities inside the model, to compare with runs; the model does not read it."""

from collections.abc import Sequence
from math import inf
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.base.words import Role, Tier
from sim.scenario.bounds import Counted, Reported, Sigma
from sim.scenario.errors import choices
from sim.scenario.scalars import Switch, Window
from sim.scenario.schema.base import ONE_LINE, Mistakes, Naming, Sparse, mistake

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
