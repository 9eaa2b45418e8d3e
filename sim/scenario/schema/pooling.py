"""Pools: provinces that are simulated as one, and what is said of provinces by their codes, said of pools.

Thinned to some hundredths, a province has a server where it had forty: nobody waits as they did. Some provinces as one,
thinned alike, keep their queues. What they send and what they have is added up, what they are like is a mean by people.
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
"""Codes that a message lists."""

MOST_APART = 6
"""Provinces that are offered to be apart; with more of them a pool is no quick answer."""

NO_TILE = {"tile_column": None, "tile_row": None}
"""Pools have no place among tiles."""

SHARES = [name for name, info in ProvinceRow.model_fields.items() if info.annotation is float]
"""What a row says of its people by their shares."""

Placed = TypeVar("Placed", bound=BaseModel)
"""Something that is in some provinces, or in all: a measure, a surge."""


OR_APART = f"{{offer}}population.pool: {NO_POOL}"
"""What is allowed where a province is one with others, and what would let it be said."""


@dataclass(frozen=True)
class _Wrong:
    """What cannot be said of pools: the key, what is wrong, and what is allowed, with room for an offer."""

    key: str
    what: str
    allowed: str


@dataclass(frozen=True)
class Pools:
    """Which provinces of a table become one, and what becomes of all that is said of provinces.

    A pool has the code of its first province. A province alone in its pool stays as it is, so that pooling what has
    been pooled changes nothing.

    Attributes:
        kind: What ``population.pool`` says.
        members: The rows of each pool, by its code, in the order of the table.
        mistakes: What cannot be said of pools; whoever pools adds to them.
        single: Codes of provinces that must be apart for it to be said; whoever pools adds to them.
    """

    kind: Pool
    members: dict[int, tuple[ProvinceRow, ...]]
    mistakes: "list[_Wrong]" = field(default_factory=list)
    single: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, population: Population) -> "Pools":
        """Return the pools that a population asks for."""
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
        """What ``population.pool`` may be instead, so that all that is said of single provinces can be said."""
        kept = self.kind.apart if isinstance(self.kind, Apart) else []
        codes = {*kept, *self.single}
        every = sum(len(rows) for rows in self.members.values())
        return Apart(apart=sorted(codes)) if self.single and len(codes) <= min(MOST_APART, every - 2) else None

    def errors(self) -> list[PydanticCustomError]:
        """Return all mistakes, those that a pool of fewer provinces would mend with the options for it."""
        offer = "" if self.apart is None else f"{options(self.apart, self._names())}, or "
        return [mistake(one.key, one.what, one.allowed.format(offer=offer)) for one in self.mistakes]

    def population(self, population: Population) -> Population:
        """Return a population with one row a pool."""
        rows = tuple(self._row(rows) for rows in self.members.values())
        return population.model_copy(update={"provinces": rows})

    def fraud(self, fraud: Fraud) -> Fraud:
        """Return what attempts are drawn from, by pools."""
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
        """Return measures or surges by pools.

        Args:
            parts: They, by name.
            key: The dotted key below which they are, to blame.
        """
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
        """Return values of provinces, 1 where none is given, as values of pools: means by people.

        So shares of a total, by people times such values, are those of its provinces together.

        Args:
            values: By the code of a province.

        Returns:
            By the code of a pool, for those in which a province has one.
        """
        by_code = {int(code): value for code, value in values.items()}
        return {
            str(code): _weight(_mean([by_code.get(row.code, 1.0) for row in rows], rows))
            for code, rows in self.members.items()
            if any(row.code in by_code for row in rows)
        }

    def _staff(
        self, key: str, own: Mapping[str, float | ProvinceDesk], national: float, weights: Mapping[str, float]
    ) -> dict[str, float | ProvinceDesk]:
        """Return the staff of pools in which some province has its own: with the shares of the others.

        Growth and shifts of a province's own cannot be added up; they stay where a province is alone in its pool.

        Args:
            key: The dotted key of ``own``, to blame.
            own: Staff by the code of a province.
            national: Staff that is shared out.
            weights: By which, beside people; by the code of a province.

        Returns:
            Staff by the code of a pool, for those in which a province has its own.
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
        """Return the codes of the pools that a list of provinces names; all of the provinces of a pool, or none."""
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
        """Return the row of a pool, called as its region is."""
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
    """Return the options of a command that ask for a pool.

    Args:
        pool: What ``population.pool`` says.
        names: The names of provinces by code; one that is not there is called by its code.
    """
    if not isinstance(pool, Apart):
        return f"--pool {pool}"
    called = (names.get(code, str(code)) for code in pool.apart)
    return " ".join([f"--pool {COUNTRY}", *(f"--apart {shlex.quote(name)}" for name in called)])


def _pool_of(row: ProvinceRow, pool: Pool) -> str | int:
    """Return what is the same for all provinces that are one with this one."""
    if isinstance(pool, Apart):
        return row.code if row.code in pool.apart else OTHERS
    return COUNTRY if pool == COUNTRY else row.region


def _mean(values: Sequence[float], rows: Iterable[ProvinceRow]) -> float:
    """Return the mean of values of provinces by their people; never outside of the values, however it is rounded."""
    people = [row.population for row in rows]
    if not any(people):
        people = [1] * len(values)
    low, high = min(values), max(values)
    if low == high:
        return low
    mean = math.fsum(value * many for value, many in zip(values, people, strict=True)) / sum(people)
    return min(max(mean, low), high)


def _weight(mean: float) -> float:
    """Return a mean of weights as a weight: 0, or the least that is allowed."""
    return mean and max(mean, LEAST_WEIGHT)


def _listed(rows: Sequence[ProvinceRow]) -> str:
    codes = [str(row.code) for row in rows]
    return ", ".join(codes[:LISTED]) + (", ..." if len(codes) > LISTED else "")
