"""Pools: provinces that are simulated as one, with all values by province turned into values by pool.

In a small sample a province has one server or less where it had forty, and other waits. Several provinces pooled and
sampled together keep realistic queues. Attempts and staff are added up; shares become means by people.
"""

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from sim.base.words import DESK_LABELS
from sim.scenario.bounds import LEAST_WEIGHT, MOST_PEOPLE, MOST_STAFF, plain
from sim.scenario.schema.base import mistake
from sim.scenario.schema.desks import Desks, ProvinceDesk
from sim.scenario.schema.fraud import Fraud
from sim.scenario.schema.population import COUNTRY, NO_POOL, OTHERS, REGIONS, Apart, Pool, Population, ProvinceRow

LISTED = 12
"""Most codes that a message lists."""

MOST_APART = 6
"""Most provinces that messages offer to keep apart; with more, a pool is not fast."""

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
        return Apart(apart=sorted(codes)) if self.single and len(codes) <= min(MOST_APART, every - 2) else None

    def errors(self) -> list[PydanticCustomError]:
        """Return all mistakes, with the options that would solve them."""
        offer = "" if self.apart is None else f"{options(self.apart, self._names())}, or "
        return [mistake(one.key, one.what, one.allowed.format(offer=offer)) for one in self.mistakes]

    def population(self, population: Population) -> Population:
        """Return a population with one row per pool."""
        rows = tuple(self._row(rows) for rows in self.members.values())
        return population.model_copy(update={"provinces": rows})

    def fraud(self, fraud: Fraud) -> Fraud:
        """Return the section of fraud by pools."""
        return fraud.model_copy(
            update={
                "province_weights": self.mean(fraud.province_weights),
                "surges": self.placed(fraud.surges, "fraud.surges"),
            }
        )

    def desks(self, desks: Desks) -> Desks:
        """Return desks by pools: own staff of provinces and shares of the others add up."""
        update: dict[str, Any] = {"province_weights": self.mean(desks.province_weights)}
        for name in DESK_LABELS:
            desk = getattr(desks, name)
            key = f"desks.{name}.by_province"
            staff = self._staff(key, desk.by_province, desk.staff, desks.province_weights)
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
            str(code): _weight(_mean([by_code.get(row.code, 1.0) for row in rows], rows))
            for code, rows in self.members.items()
            if any(row.code in by_code for row in rows)
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
        numbers = {code: one.staff if isinstance(one, ProvinceDesk) else one for code, one in by_code.items()}
        factors = {int(code): weight for code, weight in weights.items()}
        every = [row for rows in self.members.values() for row in rows]
        parts = {row.code: row.population * factors.get(row.code, 1.0) for row in every}
        whole = math.fsum(parts.values())
        found: dict[str, float | ProvinceDesk] = {}
        for code, rows in self.members.items():
            if not any(row.code in by_code for row in rows):
                continue
            if len(rows) == 1:
                found[str(code)] = by_code[code]
                continue
            for row in rows:
                one = by_code.get(row.code)
                if isinstance(one, ProvinceDesk) and (one.growth or one.shifts):
                    what = f"gives growth or shifts to a province inside the pool '{self._name(rows)}'"
                    self.single.add(row.code)
                    self.mistakes.append(_Wrong(f"{key}.{row.code}", what, f"give only its staff, or use {OR_APART}"))
            staff = math.fsum(numbers.get(row.code, national * (parts[row.code] / whole)) for row in rows)
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

    def _names(self) -> dict[int, str]:
        return {row.code: row.name for rows in self.members.values() for row in rows}


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


def _weight(mean: float) -> float:
    """Return a mean of weights as a weight: 0, or at least the smallest allowed."""
    return mean and max(mean, LEAST_WEIGHT)


def _listed(rows: Sequence[ProvinceRow]) -> str:
    codes = [str(row.code) for row in rows]
    return ", ".join(codes[:LISTED]) + (", ..." if len(codes) > LISTED else "")
