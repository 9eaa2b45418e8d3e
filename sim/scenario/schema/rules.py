"""The rules between parts of a scenario, and the pools of provinces that are simulated as one.

Pools: provinces that are simulated as one, with all values by province turned into values by pool.

In a small sample a province has one server or less where it had forty, and other waits. Several provinces pooled and
sampled together keep realistic queues. Attempts and staff are added up; shares become means by people.
"""

import math
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from sim.base.days import HALF_HOUR_MS
from sim.base.words import DESK_LABELS, Channel, Tier
from sim.scenario.bounds import LEAST_WEIGHT, MOST_PEOPLE, MOST_STAFF, in_window, plain
from sim.scenario.schema import measures
from sim.scenario.schema.base import ROUNDING, Mistakes, mistake, unknown, wrong_length
from sim.scenario.schema.fraud import MONTHS, MOST_EFFORT, WEEKDAYS, AttemptClass, Fraud, grown
from sim.scenario.schema.layers import OF_SLOTS, Dens
from sim.scenario.schema.population import COUNTRY, NO_POOL, REGIONS, Apart, Pool, Population, ProvinceRow, wrong_rows
from sim.scenario.schema.warning import Desks, ProvinceDesk, parts_of

if TYPE_CHECKING:
    from sim.scenario.schema import ScenarioModel

LISTED = 12
"""Most codes that a message lists."""

MOST_APART = 6
"""Most provinces that messages offer to keep apart; with more, a pool is not fast."""

OTHERS = "other provinces"
"""The name of the pool of all provinces that are not apart."""

NO_TILE = {"tile_column": None, "tile_row": None}
"""Pools have no tile on maps."""

SHARES = [name for name, info in ProvinceRow.model_fields.items() if info.annotation is float]
"""Columns with shares of people."""

Placed = TypeVar("Placed", bound=BaseModel)
"""A part that applies to some provinces or all: a measure, a surge."""


OR_APART = f"{{offer}}population.pool: {NO_POOL}"
"""End of messages about a province inside a pool: the options that keep it apart."""


@dataclass(frozen=True)
class _Wrong:
    """A setting that pools cannot have: its key, what is wrong, and what is allowed, with room for an offer."""

    key: str
    what: str
    allowed: str


@dataclass(frozen=True)
class Pools:
    """The pools of a table of provinces, and the conversion of values by province into values by pool.

    A pool has the code of its first province. A province alone in its pool stays unchanged, so pooling twice changes
    nothing.

    Attributes:
        kind: The value of ``population.pool``.
        members: The rows of each pool, by its code, in the order of the table.
        mistakes: Settings that pools cannot have; conversion adds to them.
        single: Codes of provinces that must be apart for these settings; conversion adds to them.
    """

    kind: Pool
    members: dict[int, tuple[ProvinceRow, ...]]
    mistakes: "list[_Wrong]" = field(default_factory=list)
    single: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, population: Population) -> "Pools":
        """Return the pools of a population."""
        if population.pool == NO_POOL:
            return cls(population.pool, {row.code: (row,) for row in population.provinces})
        together: dict[str | int, list[ProvinceRow]] = {}
        for row in population.provinces:
            together.setdefault(_pool_of(row, population.pool), []).append(row)
        return cls(population.pool, {rows[0].code: tuple(rows) for rows in together.values()})

    @property
    def any(self) -> bool:
        """Whether some pool has more than one province."""
        return any(len(rows) > 1 for rows in self.members.values())

    @property
    def apart(self) -> Apart | None:
        """The value of ``population.pool`` that allows all settings of single provinces; None if there is none."""
        kept = self.kind.apart if isinstance(self.kind, Apart) else []
        codes = {*kept, *self.single}
        every = sum(len(rows) for rows in self.members.values())
        possible = self.single and len(codes) <= min(MOST_APART, every - 2)
        return Apart(apart=sorted(codes)) if possible else None

    def errors(self) -> list[PydanticCustomError]:
        """Return all mistakes, with the options that would solve them."""
        names = {row.code: row.name for rows in self.members.values() for row in rows}
        offer = "" if self.apart is None else f"{options(self.apart, names)}, or "
        return [mistake(one.key, one.what, one.allowed.format(offer=offer)) for one in self.mistakes]

    def population(self, population: Population) -> Population:
        """Return a population with one row per pool."""
        rows = tuple(self._row(rows) for rows in self.members.values())
        return population.model_copy(update={"provinces": rows})

    def fraud(self, fraud: Fraud) -> Fraud:
        """Return the section of fraud by pools."""
        surges = self.placed(fraud.surges, "fraud.surges")
        return fraud.model_copy(update={"province_weights": self.mean(fraud.province_weights), "surges": surges})

    def desks(self, desks: Desks) -> Desks:
        """Return desks by pools: own staff of provinces and shares of the others add up."""
        update: dict[str, Any] = {"province_weights": self.mean(desks.province_weights)}
        for name in DESK_LABELS:
            desk = getattr(desks, name)
            staff = self._staff(f"desks.{name}.by_province", desk.by_province, desk.staff, desks.province_weights)
            update[name] = desk.model_copy(update={"by_province": staff})
        return desks.model_copy(update=update)

    def placed(self, parts: Mapping[str, Placed], key: str) -> dict[str, Placed]:
        """Return measures or surges, which have the dotted key ``key``, by pools."""
        moved = {}
        for name, part in parts.items():
            update: dict[str, Any] = {}
            if (codes := getattr(part, "provinces", None)) is not None:
                update["provinces"] = self._codes(f"{key}.{name}.provinces", codes)
            if weights := getattr(part, "province_weights", None):
                update["province_weights"] = self.mean(weights)
            moved[name] = part.model_copy(update=update)
        return moved

    def mean(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return values of provinces (1 if missing) as means by people, by pool, for pools with a value."""
        by_code = {int(code): value for code, value in values.items()}
        return {
            str(code): mean and max(mean, LEAST_WEIGHT)  # 0, or at least the smallest allowed
            for code, rows in self.members.items()
            if any(row.code in by_code for row in rows)
            for mean in [_mean([by_code.get(row.code, 1.0) for row in rows], rows)]
        }

    def _staff(
        self, key: str, own: Mapping[str, float | ProvinceDesk], national: float, weights: Mapping[str, float]
    ) -> dict[str, float | ProvinceDesk]:
        """Return the staff of pools in which some province has its own, including the shares of the others.

        Own growth and shifts cannot be added up; they stay if a province is alone in its pool.

        Args:
            key: The dotted key of ``own``, for mistakes.
            own: Staff by code of a province.
            national: National staff that is shared out.
            weights: Weights of the shares in addition to people, by code of a province.
        """
        by_code = {int(code): staff for code, staff in own.items()}
        people = {row.code: row.population for rows in self.members.values() for row in rows}
        numbers = parts_of(national, people, weights)
        numbers |= {code: one.staff if isinstance(one, ProvinceDesk) else one for code, one in by_code.items()}
        found: dict[str, float | ProvinceDesk] = {}
        for code, rows in self.members.items():
            with_own = [row.code for row in rows if row.code in by_code]
            if with_own and len(rows) == 1:
                found[str(code)] = by_code[code]
            if not with_own or len(rows) == 1:
                continue
            for own_code in with_own:
                one = by_code[own_code]
                if isinstance(one, ProvinceDesk) and (one.growth or one.shifts):
                    what = f"gives growth or shifts to a province inside the pool '{self._name(rows)}'"
                    self.single.add(own_code)
                    self.mistakes.append(_Wrong(f"{key}.{own_code}", what, f"give only its staff, or use {OR_APART}"))
            staff = math.fsum(numbers[row.code] for row in rows)
            if staff > MOST_STAFF:
                what = f"adds up to {staff:.4g} in the pool '{self._name(rows)}'"
                self.mistakes.append(_Wrong(key, what, f"must be at most {plain(MOST_STAFF)} in a province or a pool"))
            found[str(code)] = staff
        return found

    def _codes(self, key: str, named: Sequence[int]) -> list[int]:
        """Return the codes of the pools in a list of provinces, which must name all provinces of a pool or none."""
        found = []
        for code, rows in self.members.items():
            inside = [row.code for row in rows if row.code in named]
            if len(inside) == len(rows):
                found.append(code)
            elif inside:
                what = f"names {len(inside)} of the {len(rows)} provinces of the pool '{self._name(rows)}'"
                outside = [row.code for row in rows if row.code not in named]
                self.single.update(inside if len(inside) <= len(outside) else outside)
                allowed = f"name all of them ({_listed(rows)}) or none, or use {OR_APART}"
                self.mistakes.append(_Wrong(key, what, allowed))
        return found

    def _row(self, rows: Sequence[ProvinceRow]) -> ProvinceRow:
        """Return the row of a pool, with the name of its region."""
        first, *others = rows
        if not others:
            return first.model_copy(update=NO_TILE)
        people, name = sum(row.population for row in rows), self._name(rows)
        if people > MOST_PEOPLE:
            what = f"puts {people:,} people into the pool '{name}'"
            allowed = f"must be at most {MOST_PEOPLE:,}: identities can number no more"
            self.mistakes.append(_Wrong("population.pool", what, allowed))
        shares = {key: _mean([getattr(row, key) for row in rows], rows) for key in SHARES}
        return first.model_copy(update={"name": name, "region": name, "population": people, **NO_TILE, **shares})

    def _name(self, rows: Sequence[ProvinceRow]) -> str:
        if self.kind == REGIONS:
            return rows[0].region
        return COUNTRY if self.kind == COUNTRY else OTHERS


def options(pool: Pool, names: Mapping[int, str]) -> str:
    """Return the command options for a pool, provinces by name or else by code."""
    if not isinstance(pool, Apart):
        return f"--pool {pool}"
    called = (names.get(code, str(code)) for code in pool.apart)
    return " ".join([f"--pool {COUNTRY}", *(f"--apart {shlex.quote(name)}" for name in called)])


def _pool_of(row: ProvinceRow, pool: Pool) -> str | int:
    """Return a key that all provinces of the same pool share."""
    if isinstance(pool, Apart):
        return row.code if row.code in pool.apart else OTHERS
    return COUNTRY if pool == COUNTRY else row.region


def _mean(values: Sequence[float], rows: Iterable[ProvinceRow]) -> float:
    """Return the mean of values of provinces by their people; rounding never moves it outside the values."""
    people = [row.population for row in rows]
    if not any(people):
        people = [1] * len(values)
    low, high = min(values), max(values)
    if low == high:
        return low
    mean = math.fsum(value * many for value, many in zip(values, people, strict=True)) / sum(people)
    return min(max(mean, low), high)


def _listed(rows: Sequence[ProvinceRow]) -> str:
    codes = [str(row.code) for row in rows]
    return ", ".join(codes[:LISTED]) + (", ..." if len(codes) > LISTED else "")


MOST_IN_A_CELL = 16_500_000
"""An index has 24 bits; the rest is room for chance."""

LARGEST_EXPONENT = 50.0
"""Growth between a reference date and a simulated day is at most e^50 and at least e^-50."""

MOST_LOST = 1e13
"""Units of money of one episode: a twelfth of 1.2e14, what a large country produces in a year. Some 4,600 such losses
can be summed."""

LUCKIEST = 8.21
"""Standard deviations that no normal draw exceeds: a uniform draw of 52 bits ends 2^-53 below 1."""

TABLE_ROUNDING = 1e-6
"""Largest distance of a row's sum of probabilities from 1, given the rounding of tables."""

Kind = TypeVar("Kind")


def _of_kind(spec: "ScenarioModel", *kinds: type[Kind]) -> list[tuple[str, Kind]]:
    """Return the measures of some kinds, each after its dotted key."""
    return [(f"measures.{name}", one) for name, one in spec.measures.items() if isinstance(one, kinds)]


def _clock(spec: "ScenarioModel") -> Mistakes:
    if HALF_HOUR_MS % spec.clock:
        yield mistake("clock", f"{spec.clock} ms does not divide half an hour", "must divide 30 min")


def _bands(spec: "ScenarioModel") -> Mistakes:
    """Find lists by age band with the wrong length."""
    factors = {f"fraud.types.{name}": kind.age_factor for name, kind in spec.fraud.types.items()}
    factors["engagement.answering"] = spec.engagement.answering.age_factor
    for holder, values in factors.items():
        yield from wrong_length(f"{holder}.age_factor", values, len(spec.population.age_bands), "age band")


def _types(spec: "ScenarioModel") -> Mistakes:
    """Find unknown names of fraud types."""
    pools = None if spec.gangs is None else spec.gangs.pools
    named: dict[str, Iterable[str] | None] = {
        "interception.type_offset": spec.interception.type_offset,
        "gangs.pools.home_share": None if pools is None else pools.home_share,
        **{f"warning.signs.{name}.types": sign.types for name, sign in (spec.warning.signs or {}).items()},
        **{f"fraud.classes.{channel}.{name}.types": one.types for channel, name, one in _classes_of(spec)},
    }
    for key, names in named.items():
        yield from unknown(key, names or (), spec.fraud.types, "is not a fraud type")
    for name, surge in spec.fraud.surges.items():
        yield from unknown(f"fraud.surges.{name}.types", surge.types or (), spec.fraud.types, "names '{}'")


def _classes_of(spec: "ScenarioModel") -> list[tuple[str, str, AttemptClass]]:
    """Return channel, name and class of each class of attempts."""
    return [(channel.label, name, one) for channel, name, one in spec.fraud.contacts() if one is not None]


def _regions(spec: "ScenarioModel") -> Mistakes:
    """Find measures against dens of an unknown region."""
    for key, measure in _of_kind(spec, measures.MeasureBase):
        region = getattr(measure, "region", None)
        yield from unknown(f"{key}.region", [] if region is None else [region], spec.dens.regions, "names '{}'")


def _pools(spec: "ScenarioModel") -> Mistakes:
    """Find pools of gangs with slots of dens too, or no region at home; and missing slots."""
    if spec.gangs is None or spec.gangs.pools is None:
        for key in OF_SLOTS:
            if not _given(spec.dens, key):
                yield mistake(f"dens.{key}", "is missing", "must be there, or gangs.pools instead")
        for key, _ in _of_kind(spec, measures.Returns):
            yield mistake(key, "acts on gangs.pools, which are missing", "must have gangs.pools")
        return
    of_slots = [key for key in OF_SLOTS if _given(spec.dens, key)]
    for key in (*of_slots, *(f"hazard.{region}" for region in spec.dens.hazard.by_region)):
        what = "must be without slots of dens (null removes what another file gives)"
        yield mistake(f"dens.{key}", "is a key of slots, but there are gangs.pools", what)
    if not sum(list(spec.dens.regions.values())[:-1]):
        yield mistake("dens.regions", "has no share at home", "must have one: the last region is abroad")


def _given(dens: Dens, key: str) -> bool:
    """Return whether a key of slots is given."""
    holder = dens.hazard if key.startswith("hazard.") else dens
    return getattr(holder, key.removeprefix("hazard.")) is not None


def _accounts(spec: "ScenarioModel") -> Mistakes:
    """Find what acts on accounts that the scenario does not have, and money whose time in reach is not said."""
    if spec.accounts is not None:
        return
    if spec.aftermath.stop_payment.half_life is None:
        key, what = "aftermath.stop_payment.half_life", "is missing, and so is the section accounts"
        yield mistake(key, what, "must be given where there are no accounts")
    for key, _ in _of_kind(spec, measures.AccountFreeze, measures.AccountPurge):
        yield mistake(key, "acts on accounts, which are missing", "must have the section accounts")
    for name, sign in (spec.warning.signs or {}).items():
        if sign.known_for is not None:
            key = f"warning.signs.{name}.known_for"
            yield mistake(key, "is about accounts, which are missing", "must be left out, or accounts must be given")


def _classes(spec: "ScenarioModel") -> Mistakes:
    """Find types without a class, and measures on unknown classes."""
    for channel in Channel.labels():
        classes = getattr(spec.fraud.classes, channel, None) or {}
        for kind in spec.fraud.types if classes else ():
            if not sum(one.share * (one.types or {}).get(kind, 1.0) for one in classes.values()):
                key, what = f"fraud.classes.{channel}", f"no class has a share of the attempts of {kind}"
                yield mistake(key, what, "must have one")
    for key, measure in _of_kind(spec, measures.OnClasses):
        if measure.classes and isinstance(measure, measures.Blocking) and measure.target != "account":
            what = f"a measure with the target {measure.target} has no classes"
            yield mistake(f"{key}.classes", what, "must be left out, or target must be account")
        channel = measure.acts_on.label
        known = getattr(spec.fraud.classes, channel, None) or {}
        what, must = (
            f"fraud.classes.{channel} does not have '{{}}'",
            "must name no class, or fraud.classes must state it",
        )
        yield from unknown(f"{key}.classes", measure.classes or (), known, what, must)


def _usual(spec: "ScenarioModel") -> Mistakes:
    """Find usual yields that no warm-up can find, and those of unknown or missing fraud types."""
    if spec.gangs is None or spec.gangs.answer is None:
        return
    key, usual, types = "gangs.answer.usual", spec.gangs.answer.usual, spec.fraud.types
    if usual is None:
        if not spec.period.warmup:
            must = "must be given where period.warmup is 0; a warm-up of 1 d or more finds it"
            yield mistake(key, "is missing, and no warm-up finds it", must)
        return
    for channel in Channel.labels():
        own = getattr(usual, channel)
        wrong = sorted(own.keys() ^ types.keys()) if isinstance(own, dict) else []
        if wrong:
            what = ", ".join(f"{name} is {'missing' if name in types else 'not a fraud type'}" for name in wrong)
            yield mistake(f"{key}.{channel}", what, f"must be one number, or have {', '.join(types)}")


def _signs(spec: "ScenarioModel") -> Mistakes:
    """Find tiers that ask for unknown signs."""
    for label in Tier.labels():
        names, must = getattr(spec.warning.tiers, label).sign or (), "must name no sign, or warning.signs must state it"
        key, what = f"warning.tiers.{label}.sign", "warning.signs does not have '{}'"
        yield from unknown(key, names, spec.warning.signs or {}, what, must)


def _segments(spec: "ScenarioModel") -> Mistakes:
    """Find activities for unknown segments."""
    known = spec.population.occupation.segments
    for key, measure in _of_kind(spec, measures.Activities):
        yield from unknown(f"{key}.segments", measure.segments, known, "is not a group of population.occupation")


def _evidence(spec: "ScenarioModel") -> Mistakes:
    codes = [str(row.code) for row in spec.population.provinces]
    yield from wrong_rows(spec.evidence, list(spec.fraud.types), spec.population.band_names(), codes)


def _growth(spec: "ScenarioModel") -> Mistakes:
    """Refuse growth whose factor exceeds a double, for example far from its reference date."""
    fraud, cases = spec.fraud, spec.aftermath.investigation
    rates = {f"fraud.volumes.{name}.growth": getattr(fraud.volumes, name).growth for name in Channel.labels()}
    rates |= {f"fraud.types.{name}.mix_growth": kind.mix_growth for name, kind in fraud.types.items()}
    rates["fraud.loss_growth"] = fraud.loss_growth
    dated = [(key, growth, fraud.reference, fraud.years_of_growth(spec.period)) for key, growth in rates.items()]
    own = cases.growth, cases.reference, spec.period.years_since(cases.reference)
    for key, growth, reference, years in [*dated, ("aftermath.investigation.growth", *own)]:
        furthest = max((growth * year for year in years), key=abs)
        if abs(furthest) > LARGEST_EXPONENT:
            what = f"{growth:g} a year comes to e^{furthest:.4g} between the reference, {reference}, and the period"
            must = f"must stay within e^{LARGEST_EXPONENT:g} either way: use less growth or a nearer date"
            yield mistake(key, what, must)


def _staff(spec: "ScenarioModel") -> Mistakes:
    """Refuse staff that grows beyond the bound of staff: seats times their time must stay below 2^63."""
    for desk in DESK_LABELS:
        for key, most in getattr(spec.desks, desk).most_staff():
            if most > MOST_STAFF:
                what = f"raises the staff to {most:,.0f} as it grows"
                yield mistake(f"desks.{desk}.{key}", what, f"must be at most {MOST_STAFF:,}")


def _coverage(spec: "ScenarioModel") -> Mistakes:
    """Refuse weights with which a detector would see more than all contacts of a province on some day."""
    for key, measure in _of_kind(spec, measures.WarningCoverage):
        start, end = measure.window
        last = spec.period.end if end is None else min(end, spec.period.end)
        if start > last or not measure.province_weights:
            continue
        covered = measure.coverage * measure.most(last)
        code, relative = max(measure.relative(spec.population.people).items(), key=lambda item: item[1])
        if covered * relative > 1.0 + ROUNDING:
            given = str(code) in measure.province_weights
            yield mistake(
                f"{key}.province_weights" + (f".{code}" if given else ""),
                f"makes the detector see {covered * relative:.4g} of the contacts of province {code} on {last}",
                f"must be at most 1: lower the weight ({relative:.4g} times the mean) or the coverage ({covered:.4g})",
            )


def _losses(spec: "ScenarioModel") -> Mistakes:
    """Refuse losses whose largest possible draw is absurd, so that no loss is cut."""
    fraud = spec.fraud
    most_grown = max(grown(fraud.loss_growth, year, fraud.loss_ceiling) for year in fraud.years_of_growth(spec.period))
    for name, kind in fraud.types.items():
        for key, part in (("loss", kind.loss), ("loss.tail", kind.loss.tail)):
            most = 0.0 if part is None else part.median * most_grown * math.exp(part.sigma * LUCKIEST)
            if most > MOST_LOST:
                must = f"must be at most {plain(MOST_LOST)} (median x growth x e^({LUCKIEST} sigma))"
                yield mistake(f"fraud.types.{name}.{key}", f"a loss of {most:.3g} can be drawn", must)


def wrong_counts(spec: "ScenarioModel") -> Mistakes:
    """Refuse volumes that identities cannot number: the largest cell of a day must stay below 2**24."""
    fraud, rows = spec.fraud, spec.population.provinces
    factors = [fraud.province_weights.get(str(row.code), 1.0) * row.population for row in rows]
    if not any(factors):  # another rule refuses that
        return
    largest = max(factors) / sum(factors)
    rhythm = max(fraud.weekdays) * WEEKDAYS / sum(fraud.weekdays) * max(fraud.months) * MONTHS / sum(fraud.months)
    shifted = MOST_EFFORT if spec.gangs is not None and spec.gangs.answer is not None else 1.0
    years = fraud.years_of_growth(spec.period)
    share = max(row.population for row in rows) / sum(row.population for row in rows)
    above = 0.5 * math.erfc(spec.warning.detectors.grid.low / math.sqrt(2.0))
    cells = {
        "aftermath.investigation.backlog": (spec.aftermath.investigation.backlog * share, "{} cases to one province")
    }
    for channel in Channel.labels():
        volume = getattr(fraud.volumes, channel)
        most_grown = max(grown(volume.growth, year, volume.ceiling) for year in years)
        shares = largest_shares(fraud, channel, years)
        commonest = max(share * _surged(fraud, channel, kind) for kind, share in shares.items())
        most = volume.level * most_grown * largest * commonest * rhythm * shifted
        cells[f"fraud.volumes.{channel}.level"] = most, "{} attempts a day of one type to one province"
        contacts = getattr(spec.population.legitimate, channel) * share * above
        cells[f"population.legitimate.{channel}"] = contacts, "{} contacts above grid.low a day to one province"
    # People of pooled provinces count together.
    thinner = "" if spec.population.pool == NO_POOL else "; use a smaller scale, or population.pool: none"
    for key, (number, what) in cells.items():
        most = number * spec.scale
        if most > MOST_IN_A_CELL:
            must = f"must be at most {MOST_IN_A_CELL:,}: identities can number no more{thinner}"
            yield mistake(key, f"brings up to {what.format(f'{most:.3g}')}", must)


def _surged(fraud: Fraud, channel: str, kind: str) -> float:
    """Return the largest factor of simultaneous surges on attempts of a channel and type."""
    surges = [
        surge
        for surge in fraud.surges.values()
        if channel in surge.channels and (surge.types is None or kind in surge.types)
    ]
    together = ([one for one in surges if in_window(one.window, surge.window[0])] for surge in surges)
    return max((math.prod(max(1.0, surge.factor) for surge in some) for some in together), default=1.0)


def _confusion(spec: "ScenarioModel") -> Mistakes:
    key, types = "warning.confusion", list(spec.fraud.types)
    totals = dict.fromkeys([*types, "legitimate"], 0.0)
    pairs = Counter((row.true, row.predicted) for row in spec.warning.confusion)
    for (true, predicted), count in pairs.items():
        if count > 1:
            yield mistake(key, f"has '{true}' taken for '{predicted}' twice", "use one row per pair")
    for row in spec.warning.confusion:
        if row.true not in totals or row.predicted not in types:
            what = f"has a row '{row.true}' taken for '{row.predicted}'"
            must = f"true must be one of {', '.join(totals)}; predicted one of {', '.join(types)}"
            yield mistake(key, what, must)
            return
        totals[row.true] += row.probability
    for true, total in totals.items():
        if abs(total - 1) > TABLE_ROUNDING:
            yield mistake(key, f"the rows of '{true}' add up to {total:g}", "must add up to 1")


def _provinces(spec: "ScenarioModel") -> Mistakes:
    """Find unknown codes of provinces, and weights that leave nothing to any province."""
    codes = spec.population.names
    keys = {f"desks.{desk}.by_province": getattr(spec.desks, desk).by_province for desk in DESK_LABELS}
    parts: list[tuple[str, Any]] = [
        ("fraud", spec.fraud),
        ("desks", spec.desks),
        *_of_kind(spec, measures.WarningCoverage),
    ]
    for holder, part in parts:
        weights = part.province_weights
        keys[f"{holder}.province_weights"] = weights
        own = set(getattr(part, "provinces", None) or codes)
        rows = [row for row in spec.population.provinces if row.code in own]
        if weights and all(weights.get(str(row.code), 1.0) * row.population == 0 for row in rows):
            what = "leaves every province without weight"
            yield mistake(f"{holder}.province_weights", what, "some province must have a weight above 0")
    for key, named in keys.items():
        for code in named:
            if not code.isdecimal() or int(code) not in codes:
                yield mistake(f"{key}.{code}", "is not a province", "must be a code of population.provinces")
    surges = ((f"fraud.surges.{name}", surge) for name, surge in spec.fraud.surges.items())
    for key, limited in (*_of_kind(spec, measures.MeasureBase), *surges):
        for place, number in enumerate(getattr(limited, "provinces", None) or []):
            if number not in codes:
                what = f"names province {number}"
                yield mistake(f"{key}.provinces.{place}", what, "must be codes of population.provinces")


def largest_shares(fraud: Fraud, channel: str, years: tuple[float, float]) -> dict[str, float]:
    """Return an upper bound, at most 1, of each type's share of a channel over ``years`` from the reference date."""
    grown = {
        name: [getattr(kind.mix, channel) * math.exp(kind.mix_growth * year) for year in years]
        for name, kind in fraud.types.items()
    }
    least = sum(min(ends) for ends in grown.values())
    return {name: min(1.0, max(ends) / least) if least > 0.0 else 1.0 for name, ends in grown.items()}


NAMES = (
    *(_clock, _bands, _types, _regions, _pools, _accounts, _classes, _usual),
    *(_signs, _segments, _confusion, _provinces, _evidence),
)
"""The rules that hold names of one part against those of another, and lengths."""

NUMBERS = (_growth, _staff, _coverage)
"""Further rules between parts, of scenarios that break none of these."""
GROWN = (_losses,)
"""Rules of what has grown, of scenarios whose growth breaks none of those."""
