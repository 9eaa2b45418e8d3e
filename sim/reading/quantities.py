"""Quantities: what totals and figures count, their names, their sums by day from the stored tables, and their costs.

Costs are counts times the prices of the scenario, in exact fractions. A price has a range, so every cost has three
numbers: at the values, at the low ends and at the high ends of all prices.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from sim.aftermath import Settlement
from sim.base.days import UNIX_DAYS, month_start
from sim.base.words import Outcome
from sim.draws.distributions import Remainders
from sim.language import marked
from sim.midnight.today import NATION
from sim.store.columns import Scope
from sim.store.exported import Where, key_codes, sums
from sim.store.tables import FLOW_QUANTITIES, TABLES
from sim.store.writer import arrow, grouped, numbers_of, row_numbers

if TYPE_CHECKING:
    from sim.scenario import Scenario
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.base.days import HOUR_MS
from sim.base.words import DESK_LABELS, ContactChannel, ContactResult, Truth
from sim.scenario.schema.measures import BANKS, DETECTION, KINDS, NETWORK, POLICE
from sim.shield.interception import FILTERED
from sim.store.columns import MEASURES, prices_of

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.scenario.levers import Lever


WHOLE = frozenset(flow.name for flow in FLOW_QUANTITIES if flow.whole)
"""Quantities that are never sampled, so never scaled up: dens, ringleaders and measures."""

Series = npt.NDArray[np.int64]
Weighted = Sequence[tuple[Fraction, Series]]
"""Series with their weights."""
Label = str | int | None
"""A key of a row of a stored table: a label, or the edge of a bin, which may be null."""

CENTS, MONEY = "_cents", "_money"
"""Endings of the names of money."""

PROVINCE = "province"
"""The column of provinces; null stands for the nation."""

MILLIONTHS = 10**6
"""Parts of one in which levels of the state, which are real numbers, are summed as integers."""

BY_DAY = {
    "attempts": ("channel", "fate"),
    "alerts": ("source", "tier", "truth", "end"),
    "contacts": ("channel", "result", "truth"),
    "hours": ("channel",),
    "outcomes": (),
    "flows": ("quantity",),
}
"""The tables behind figures and totals, with the columns that they need in addition to the day or month."""


class Quantities:
    """Daily series of a run, as simulated: one integer for each day of the period.

    ``series`` is keyed by table, labels in the order of ``tables`` and measure, for example
    ``("attempts", "call", "intercepted", "count")`` or ``("outcomes", "victims")``. The sums of a month stand on its
    first day in the period. A key of ``tables`` that does not name a table is a view of the one that ``views`` names;
    ``only`` says which rows of a table or view are summed. ``read`` keeps the folder, to read parts of a series later.
    """

    tables: ClassVar[dict[str, tuple[str, ...]]] = BY_DAY
    views: ClassVar[dict[str, str]] = {}
    only: ClassVar[dict[str, Where]] = {}

    def __init__(self, scope: Scope, series: dict[tuple[Label, ...], Series], province: int | None = None) -> None:
        self.scope = scope
        self._place = NATION if province is None else scope.provinces.index(province)
        self.series = series
        self._read: tuple[Path, int | None] | None = None
        self._parts: dict[str, dict[tuple[Label, ...], Series]] = {}
        self._figures: dict[str, Weighted | None] = {}  # read so far: settling a series takes a millisecond
        self._of: dict[tuple[Label, Label], list[tuple[tuple[Label, ...], Series]]] = {}
        for key, values in series.items():
            self._of.setdefault((key[0], key[-1]), []).append((key[1:-1], values))

    @classmethod
    def read(cls, folder: Path, scope: Scope, province: int | None = None) -> Self:
        """Read every series of ``tables`` from a run's folder, for the country or the code of a province.

        Raises OSError where a file is missing and ValueError where a row is of a day outside the period.

        Returns:
            The series.
        """
        series: dict[tuple[Label, ...], Series] = {}
        for table, groups in cls.tables.items():
            series |= _series(folder, table, groups, cls, scope, province)
        found = cls(scope, series, province)
        found._read = folder, province
        return found

    def select(self, table: str, *names: Label, measure: str = "count") -> Series:
        """Add up the series of a table with these labels; None stands for any."""
        total = np.zeros(self.scope.days, dtype=np.int64)
        for labels, values in self._of.get((table, measure), []):
            if all(want is None or want == have for want, have in zip(names, labels, strict=True)):
                total += values
        return total

    def flow(self, quantity: str) -> Series:
        """Return a quantity of the flows by day; zeros if it has no row."""
        return self.select("flows", quantity)

    def figure(self, name: str) -> Weighted | None:
        """Return the daily series that add up to a figure of this name, with their weights; None if it is not counted.

        What the scenario settles late is counted when it is settled; of ``LATE``, nothing waits when the period begins.
        Callers must not change the series.
        """
        if name not in self._figures:
            self._figures[name] = self._figure(name)
        return self._figures[name]

    def _figure(self, name: str) -> Weighted | None:
        whole, _, part = name.partition(".")
        if part:
            return [(Fraction(1), self._part(whole, part))] if is_counted(name, self.scope) else None
        if name == FUNDS_STOPPED and self.scope.frozen_factor is not None:
            factor = Fraction(repr(self.scope.frozen_factor))
            return [(factor, self.happened("recovered_money")), (Fraction(1), self.happened("held_money"))]
        if name not in FIGURES:
            return None
        if self.scope.settlement is None:
            return [(Fraction(1), self.happened(HAPPENED.get(name, name)))]
        series = self.happened(SETTLED.get(name, name))
        return [(Fraction(1), self._late(name, series) if name in LATE else series)]

    def _late(self, name: str, series: Series) -> Series:
        """Return a series as it is settled."""
        assert self.scope.settlement is not None
        rule = self.scope.settlement.part(LATE[name])
        if not rule.waits:
            return series
        settlement = Settlement(rule, name, Remainders(self.scope.seed), (self._place,))
        days = range(self.scope.first_day, self.scope.last_day + 1)
        return np.array([settlement.settle(day, [count])[0] for day, count in zip(days, series.tolist(), strict=True)])

    def _part(self, whole: str, part: str) -> Series:
        """Return the series of a fraud type, an age band, or a channel or class of the first contact."""
        table, _, measure = FIGURES[whole]
        for column, labels in (("fraud_type", self.scope.fraud_types), ("age_band", self.scope.age_bands)):
            if part in labels:
                return self._of_column(table, column, part, measure)
        series = [self._of_column("filings", "contact", way, "count") for way in _ways(part, self.scope)]
        whole_channel: Series = np.sum(series, axis=0)
        return whole_channel

    def _of_column(self, table: str, column: str, part: str, measure: str) -> Series:
        """Return the series of the rows of a table with a label in a column."""
        if column not in self._parts:
            known = self._read
            self._parts[column] = (
                {} if known is None else _series(known[0], table, (column,), type(self), self.scope, known[1])
            )
        return self._parts[column].get((table, part, measure), np.zeros(self.scope.days, dtype=np.int64))

    def happened(self, name: str) -> Series:
        """Return the daily series of a figure of ``FIGURES`` as it happened, whenever it is settled."""
        table, names, measure = FIGURES[name]
        return self.select(table, *names, measure=measure)


FIGURES: dict[str, tuple[str, tuple[str | None, ...], str]] = {
    "alerts_central": ("alerts", ("central", None, None, None), "count"),
    "alerts_local": ("alerts", ("local", None, None, None), "count"),
    "calls_intercepted": ("attempts", ("call", "intercepted"), "count"),
    "sms_intercepted": ("attempts", ("sms", "intercepted"), "count"),
    "cases_filed": ("outcomes", (), "filed"),
    "attempts_potential": ("attempts", (None, None), "count"),
    "losses": ("outcomes", (), "filed_loss_cents"),
    **{
        f"{outcome.label.removesuffix(CENTS)}{MONEY}": ("outcomes", (), outcome.label)
        for outcome in Outcome
        if outcome.label.endswith(CENTS)
    },
    **{name: ("outcomes", (), name) for name in Outcome.labels()},
    **{flow.name: ("flows", (flow.name,), "count") for flow in FLOW_QUANTITIES},
    "funds_returned_money": ("outcomes", (), "recovered_cents"),
}
"""The sum behind each figure: table, labels as ``Quantities.select`` takes them, measure. Money has the names of
totals, in units; stored columns, in cents, are other names of it, and ``losses`` is ``filed_loss_money``."""

FUNDS_STOPPED = "funds_stopped_money"
"""A figure of scenarios that state how much an order freezes for each unit of money that it recovers."""

SETTLED = {"cases_solved": "cases_settled", "suspects_arrested": "suspects_settled"}
"""Flows of settled cases and suspects, by the name of the figure."""

LATE = {
    "ringleaders_arrested": "ringleaders",
    "calls_intercepted": "calls",
    "sms_intercepted": "sms",
    "alerts_central": "alerts",
    "alerts_local": "alerts",
}
"""Figures that are settled when a run is read, with the key of ``aftermath.settlement``: their tables have what
happened."""

CASES = "cases_filed"
"""The figure that is counted by the way of first contact, too."""

HAPPENED = {settled: flow for flow, settled in SETTLED.items()}
"""The inverse: if nothing is settled late, settled flows have no rows."""

IN_MONEY = frozenset(name for name in (*FIGURES, FUNDS_STOPPED) if name.endswith(MONEY)) | {"losses"}
"""Figures that are stored in cents and shown in units of money."""


def _series(
    folder: Path, key: str, groups: tuple[str, ...], asked: type[Quantities], scope: Scope, province: int | None
) -> dict[tuple[Label, ...], Series]:
    """Sum every measure of a table or view by day (or month) and groups; raises what ``Quantities.read`` does."""
    import pyarrow as pa
    import pyarrow.compute as pc

    name = asked.views.get(key, key)
    table, where = TABLES[name], asked.only.get(key)
    by = [table.time.name, *([] if province is None else [PROVINCE]), *groups]
    found = sums(folder, name, by, [measure.name for measure in table.measures], where)
    if province is not None:
        found = found.filter(pc.equal(found.column(PROVINCE), province))
    days = numbers_of(found.column(table.time.name)).astype(np.int64) - UNIX_DAYS
    outside = (days < (month_start(scope.first_day) if table.by_month else scope.first_day)) | (days > scope.last_day)
    if outside.any():
        raise ValueError(f"{name}: a row of day {days[outside][0]} is outside the period")
    places = np.maximum(0, days - scope.first_day)
    keys: list[tuple[Label, ...]] = [()] if len(days) else []
    rows = np.zeros(len(days), dtype=np.int64)
    if groups:
        firsts, rows = grouped(row_numbers([key_codes(found.column(group)) for group in groups]))
        labels = (found.column(group).take(arrow(firsts, pa.int64())).to_pylist() for group in groups)
        keys = list(zip(*labels, strict=True))
    series: dict[tuple[Label, ...], Series] = {}
    for measure in table.measures:
        amounts = numbers_of(found.column(measure.name))
        if measure.kind == "real":
            amounts = np.rint(amounts * MILLIONTHS).astype(np.int64)
        daily = np.zeros((len(keys), scope.days), dtype=np.int64)
        np.add.at(daily, (rows, places), amounts)
        series |= {(key, *row, measure.name): daily[number] for number, row in enumerate(keys)}
    return series


def by_day_and_place(
    folder: Path, table: str, measure: str, scope: Scope, where: Where | None = None, nation: bool = False
) -> npt.NDArray[Any]:
    """Return the sums of a measure of a stored table by day and place, (days, places), without rows outside of them.

    With ``nation`` the nation is a place too, the last one.
    """
    found = sums(folder, table, ["day", "province"], [measure], where)
    days = numbers_of(found.column("day")) - UNIX_DAYS - scope.first_day
    position: dict[int | None, int] = {code: p for p, code in enumerate(scope.provinces)}
    if nation:
        position[None] = len(scope.provinces)
    provinces = np.array([position.get(code, -1) for code in found.column("province").to_pylist()], dtype=np.int64)
    values = numbers_of(found.column(measure))
    inside = (days >= 0) & (days < scope.days) & (provinces >= 0)
    by_day = np.zeros((scope.days, len(position)), dtype=values.dtype)
    by_day[days[inside], provinces[inside]] = values[inside]
    return by_day


def is_counted(name: str, scope: Scope) -> bool:
    """Return whether a run has a figure of this name: one of ``counted_in``, or a part of one.

    Quantities of people and their money have parts: ``cases_filed.TYPE`` is that of a fraud type, ``cases_filed.BAND``
    that of an age band. Cases also have ``cases_filed.CHANNEL``, and ``cases_filed.CHANNEL.CLASS`` where a scenario has
    classes.
    """
    whole, dot, part = name.partition(".")
    if not dot:
        return name in counted_in(scope)
    by_people = FIGURES.get(whole, ("",))[0] == "outcomes" and part in (*scope.fraud_types, *scope.age_bands)
    return by_people or (whole == CASES and bool(_ways(part, scope)))


def _ways(part: str, scope: Scope) -> list[str]:
    """Return the ways of first contact that are a channel or class, or those that a channel has."""
    return [way for way in scope.contacts if way == part or way.startswith(f"{part}.")]


def counted_in(scope: Scope) -> tuple[str, ...]:
    """Return the names of all figures that a run has."""
    return (*FIGURES, FUNDS_STOPPED) if scope.frozen_factor is not None else tuple(FIGURES)


LEVELS = ("victims", "loss_money")
"""Totals whose level depends on the share of victims who report."""


class Forms(NamedTuple):
    """The name of a quantity as sentences and tables need it; each is a text to translate.

    Attributes:
        column: The head of a column: ``lost, crowns``.
        more: Its increase: ``5 crowns more lost``; empty if effects leave it out.
        fewer: Its decrease.
        own: Behind a number in a sentence, or where it is unchanged, ``crowns lost``; empty if it is ``column``.
    """

    column: str
    more: str = ""
    fewer: str = ""
    own: str = ""

    @property
    def counted(self) -> str:
        """Its name behind a number."""
        return self.own or self.column


FORMS = {
    "cases_filed": Forms(
        marked("cases filed"), marked("{number} more cases filed"), marked("{number} fewer cases filed")
    ),
    "filed_loss_money": Forms(
        marked("losses of cases, {currency}"),
        marked("{number} {currency} more of losses filed"),
        marked("{number} {currency} less of losses filed"),
        marked("{currency} of losses filed"),
    ),
    "victims": Forms(marked("victims"), marked("{number} more victims"), marked("{number} fewer victims")),
    "loss_money": Forms(
        marked("lost, {currency}"),
        marked("{number} {currency} more lost"),
        marked("{number} {currency} less lost"),
        marked("{currency} lost"),
    ),
    "episodes": Forms(marked("people drawn in")),
    "saved": Forms(
        marked("stopped by a warning before payment"),
        marked("{number} more people stopped by a warning before any payment"),
        marked("{number} fewer people stopped by a warning before any payment"),
        marked("people stopped by a warning before any payment"),
    ),
    "averted": Forms(
        marked("victims averted by warnings"),
        marked("{number} more victims averted by warnings"),
        marked("{number} fewer victims averted by warnings"),
    ),
    "prevented_money": Forms(
        marked("prevented, {currency}"),
        marked("{number} {currency} more prevented by warnings"),
        marked("{number} {currency} less prevented by warnings"),
        marked("{currency} prevented by warnings"),
    ),
}
"""Totals of every answer, in its order, and their names: those that reported figures count, ``LEVELS``, then others.
Runs, comparisons and stored answers take them from here; the tables of ``sim.told.words`` begin with them."""

HEADLINE = {name: forms.counted for name, forms in FORMS.items()}
"""Totals of every answer, and their names behind a number."""

REPORTING_RATE = "aftermath.report.probability"
"""The key of the share of victims who report."""

UNSTATED = ("assumed", "calibrated")
"""Origins of a rate that neither a report nor evidence states."""


def reporting_rates(scenario: "Scenario") -> tuple[float, ...]:
    """Return the share of victims who report at the low end of its range, in the scenario and at the high end.

    Equal ones are given once, and zero is left out. Empty if the share has no range, if nobody reports, or if warned
    victims report with another probability: then filings are not victims times one rate.
    """
    given, report = _given(scenario), scenario.spec.aftermath.report
    own = report.probability
    if not given.get("range") or not own or report.after_warning is not None:
        return ()
    low, high = given["range"]
    return tuple(sorted({float(rate) for rate in (low, own, high) if rate}))


def is_stated(scenario: "Scenario") -> bool:
    """Return whether a report or evidence states the share of victims who report."""
    return _given(scenario).get("origin") not in UNSTATED


def at_reporting_rates(scenario: "Scenario", totals: Mapping[str, Any]) -> list[dict[str, float]]:
    """Return victims and losses at each of the ``reporting_rates``, if filings stay the same.

    Filings are the victims times the rate, so victims at another rate are victims x own rate / other rate, and losses
    likewise. ``totals`` are those of a run, or differences between two runs of the same rate. Empty if both are zero,
    or without ``reporting_rates``.
    """
    if not any(totals[name] for name in LEVELS):
        return []
    own = scenario.spec.aftermath.report.probability
    return [
        {"rate": rate, **{name: totals[name] * (own / rate) for name in LEVELS}} for rate in reporting_rates(scenario)
    ]


def _given(scenario: "Scenario") -> Mapping[str, Any]:
    """Return the share in full form; empty if it is a plain number."""
    from sim.scenario.merging import is_full_form

    given = scenario.resolved["aftermath"]["report"]["probability"]
    return given if is_full_form(given) else {}


ENDS = ("value", "low", "high")
"""The three numbers of a cost: at the values, the low ends and the high ends of all prices."""

TOTAL = "total"
COST, COST_LOW, COST_HIGH = "cost_money", "cost_money_low", "cost_money_high"
"""Names of the total costs of a run, by ``ENDS``."""

COST_RATIO = "cost_per_"
"""The beginning of the names of totals that are costs per person stopped, victim averted or unit of money."""

REACHING = (ContactResult.READ, ContactResult.ANSWERED, ContactResult.MET, ContactResult.REFUSED)
"""Results of contacts that somebody has heard."""

WARNING, EDUCATION, OTHER = "warning", "education", "other"
"""What costs are for."""


@dataclass(frozen=True)
class CostPart:
    """A part of the costs.

    Attributes:
        price: The key of its price, below ``costs``.
        of: Its purpose: warnings, education or other measures.
        counted: Returns its count in a run, as simulated.
        whole: Whether the count is never sampled, so never scaled up.
        desk: The desk that pays for it; None if none does.
    """

    price: str
    of: str
    counted: Callable[[Quantities], Fraction]
    whole: bool = False
    desk: str | None = None


def _staffed(desk: str) -> Callable[[Quantities], Fraction]:
    """Return a function that counts the hours of a desk's seats on duty, busy or not."""
    return lambda counts: Fraction(int(counts.select("hours", desk, measure="staffed_ms").sum()), HOUR_MS)


def _false(channel: str) -> Callable[[Quantities], Fraction]:
    """Return a function that counts the contacts of a channel that reached somebody about a legitimate contact."""
    truth = Truth.LEGITIMATE.label
    return lambda counts: Fraction(
        sum(int(counts.select("contacts", channel, result.label, truth).sum()) for result in REACHING)
    )


def _flow(quantity: str) -> Callable[[Quantities], Fraction]:
    return lambda counts: Fraction(int(counts.flow(quantity).sum()))


PARTS: Mapping[str, CostPart] = {
    **{f"desk_{desk}": CostPart(f"wage.{desk}", WARNING, _staffed(desk), desk=desk) for desk in DESK_LABELS},
    **{
        f"false_alarm_{channel}": CostPart(
            f"false_alarm.{channel}", WARNING, _false(channel), desk=channel if channel in DESK_LABELS else None
        )
        for channel in ContactChannel.labels()
    },
    "videos": CostPart("education.video", EDUCATION, _flow("videos_published"), whole=True),
    "activities": CostPart("education.activity", EDUCATION, _flow("awareness_activities"), whole=True),
    **{
        f"false_block_{channel}": CostPart(f"false_block.{channel}", OTHER, _flow(f"false_blocks_{channel}"))
        for channel in FILTERED
    },
    "transfers_delayed": CostPart("transfer.delayed", OTHER, _flow("transfers_delayed")),
    "false_holds": CostPart("transfer.held", OTHER, _flow("false_holds")),
    "payment_calls": CostPart("payment_call", OTHER, _flow("transfers_called")),
    "false_freezes": CostPart("false_freeze", OTHER, _flow("false_freezes")),
    # Its price is of the whole period.
    "measures": CostPart(MEASURES, OTHER, lambda counts: Fraction(1), whole=True),
}
"""Every part of the costs."""

Cost = dict[str, Fraction]
"""A cost by ``ENDS``."""


def costs(quantities: Quantities, scale: Fraction) -> dict[str, Cost]:
    """Return money of the country by part, the last one the ``total``; empty if the scenario has no prices.

    Parts without a price are left out. ``scale`` is the simulated share.
    """
    prices = {price.name: price for price in quantities.scope.prices}
    if not prices:
        return {}
    found: dict[str, Cost] = {}
    for name, part in PARTS.items():
        if part.price not in prices:
            continue
        amount = part.counted(quantities) / (1 if part.whole else scale)
        # As the decimal fractions that were written, not the nearest doubles.
        found[name] = {end: amount * Fraction(repr(getattr(prices[part.price], end))) for end in ENDS}
    found[TOTAL] = added(found)
    return found


def paid(amounts: Mapping[str, float], key: str, part: str) -> float:
    """Return the cost of a part in a run, by the name of its key (one of ``COST``, ``COST_LOW``, ``COST_HIGH``).

    ``amounts`` are the run's quantities by name; a part without a price costs nothing.
    """
    return float(amounts.get(f"{key}.{part}", 0.0))


def added(parts: Mapping[str, Cost], of: str | None = None) -> Cost:
    """Return the sum of all costs, or of one purpose (``WARNING``, ``EDUCATION``)."""
    chosen = [cost for name, cost in parts.items() if of is None or PARTS[name].of == of]
    return {end: sum((cost[end] for cost in chosen), Fraction(0)) for end in ENDS}


WORLD = "an assumption about people, gangs or how things happen: no money changes it"
OFFICES = "what quicker offices cost is not among the prices"
EXPERIMENT = "takes feedback out of the model: an experiment, which nobody can buy"

WAGES = tuple(f"wage.{desk}" for desk in DESK_LABELS)
FALSE_ALARMS = tuple(f"false_alarm.{channel}" for channel in ContactChannel.labels())
OF_WARNINGS = (*WAGES, *FALSE_ALARMS)
OF_VISITS = tuple(f"{price}.{ContactChannel.VISIT.label}" for price in ("wage", "false_alarm"))

PRICES: dict[str, tuple[str, ...] | str] = {
    "feedback": EXPERIMENT,
    **dict.fromkeys(("population", "fraud", "engagement"), WORLD),
    **dict.fromkeys(("dens", "gangs", "cards"), POLICE),
    "accounts": WORLD,
    **dict.fromkeys(("interception", "sites"), NETWORK),
    # Alerts cost desks and false alarms; detection itself has no price.
    **dict.fromkeys(("warning.detectors.central.thresholds", "warning.detectors.local.thresholds"), OF_WARNINGS),
    **dict.fromkeys(
        (f"warning.detectors.{name}" for name in ("correlation", "contact", "stages", "central", "local", "grid")),
        DETECTION,
    ),
    **dict.fromkeys(("warning.tiers", "warning.unread_wait", "warning.quiet"), OF_WARNINGS),
    **dict.fromkeys(("warning.confusion", "warning.signs"), DETECTION),
    **dict.fromkeys(
        (f"warning.{name}" for name in ("hop_delay", "escalation_delay", "desk_knows_episode_over")), OFFICES
    ),
    **dict.fromkeys(("warning.app", "warning.sms", "warning.dissuasion"), WORLD),
    # Officers inform a family at a visit, which has a price.
    "warning.dissuasion.family": OF_VISITS,
    **{
        f"desks.{desk}.{key}": (f"wage.{desk}",)
        for desk in DESK_LABELS
        for key in ("staff", "growth", "by_province", "shifts", "discipline")
    },
    **{f"desks.{desk}.lends": WAGES for desk in DESK_LABELS},
    "desks.province_weights": WAGES,
    **dict.fromkeys((f"desks.call.{key}" for key in ("answered", "hard_share", "no_answer", "short", "hard")), WORLD),
    **dict.fromkeys((f"desks.visit.{key}" for key in ("met", "not_met", "visit", "way", "refused")), WORLD),
    "aftermath.report": WORLD,
    "aftermath.stop_payment": BANKS,
    **dict.fromkeys(("aftermath.filing", "aftermath.investigation", "aftermath.suspects"), POLICE),
    "aftermath.settlement": WORLD,
    **{f"measures[{kind}]": schema.row.price for kind, schema in KINDS.items()},
    **{f"measures[{kind}].{key}": why for kind, schema in KINDS.items() for key, why in schema.row.unpriced.items()},
    "measures[payment_delay].bank_call": ("transfer.delayed", "payment_call"),
    # A change of a price is priced by itself.
    "costs": (),
}
"""By key, also for the keys below it without their own entry: the prices below ``costs`` that pay for it, or the reason
why none does. ``measures[KIND]`` stands for every measure of a kind."""


def entry_of(key: str) -> tuple[str, ...] | str | None:
    """Return the most specific entry of ``PRICES`` for a key of the schema; None if there is none."""
    while key and key not in PRICES:
        key = key.rpartition(".")[0]
    return PRICES.get(key)


def not_priced(base: "Scenario", other: "Scenario", changed: "Iterable[Lever]") -> "list[Lever]":
    """Return the changed levers without a price, and those whose price one of the scenarios leaves out, in order."""
    return [
        lever
        for lever in changed
        if not has_own_cost(lever.key, base, other)
        and not all(has_price(key, base, other) for key in _in_schema(lever.key, base, other))
    ]


def has_own_cost(key: str, base: "Scenario", other: "Scenario") -> bool:
    """Return whether the scenarios say what the measure of a lever costs: ``costs.measures`` has it.

    Where both have the measure its cost must differ: at the same cost a change would be free.
    """
    section, _, rest = key.partition(".")
    name = rest.partition(".")[0]
    costs = [_cost_of(name, one) for one in (base, other) if name in one.spec.measures]
    return section == "measures" and None not in costs and len(set(costs)) == len(costs)


def _cost_of(name: str, scenario: "Scenario") -> float | None:
    costs = scenario.spec.costs
    return None if costs is None or costs.measures is None else costs.measures.get(name)


def has_price(key: str, *scenarios: "Scenario") -> bool:
    """Return whether all scenarios state the prices that pay for a key of the schema, and for its kind of measure."""
    entries = [entry_of(key)]
    measures = [
        one
        for scenario in scenarios
        for name, one in scenario.spec.measures.items()
        if _cost_of(name, scenario) is None
    ]
    entries += [one.price for one in measures if key.startswith(f"measures[{one.kind}]")]
    stated = [{price.name for price in prices_of(one)} for one in scenarios]
    return all(
        entry is not None and not isinstance(entry, str) and all(known.issuperset(entry) for known in stated)
        for entry in entries
    )


def _in_schema(key: str, *scenarios: "Scenario") -> Iterator[str]:
    """Yield the keys of the schema for the key of a lever: for a measure one for each of its kinds."""
    section, _, rest = key.partition(".")
    if section != "measures":
        yield key
        return
    name, dot, below = rest.partition(".")
    for kind in dict.fromkeys(one.spec.measures[name].kind for one in scenarios if name in one.spec.measures):
        yield f"measures[{kind}]{dot}{below}"
