"""What a run of this size cannot say, known before it runs: small desks, pooled provinces."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sim.base.rounding import written
from sim.base.words import DESK_LABELS
from sim.country.calendar import Calendar
from sim.country.provinces import FEW_SERVERS, Provinces, Schedule, desks_of, thin_desks
from sim.language import ENGLISH, named, said, speaking
from sim.scenario import changed
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.population import COUNTRY, REGIONS, Apart
from sim.scenario.schema.rules import options

if TYPE_CHECKING:
    from sim.scenario import Scenario

DIGITS = 2
"""Significant digits of a suggested scale."""

SIZING = ("scale", "population.pool", "desks.")
"""How keys begin that determine how many seats are on duty."""

ENOUGH = 1e-9
"""Relative difference up to which a desk counts as having the seats that it needs."""


@dataclass(frozen=True)
class Size:
    """The size at which a scenario is simulated, and what a run of this size cannot say.

    Attributes:
        spec: The scenario.
    """

    spec: ScenarioModel

    @cached_property
    def _schedule(self) -> Schedule:
        return Schedule(self.spec, Provinces.of(self.spec))

    @cached_property
    def _days(self) -> tuple[int, int]:
        calendar = Calendar.of(self.spec.period)
        return calendar.start, calendar.last

    @property
    def is_thinned(self) -> bool:
        """Whether only a share of the country is simulated. At full scale small desks are real."""
        return self.spec.scale < 1.0

    @property
    def desks(self) -> int:
        """Number of desks, with and without staff."""
        return len(DESK_LABELS) * len(self.spec.population.provinces)

    @cached_property
    def thin(self) -> int:
        """Number of desks that have staff, but fewer than five seats because of the scale."""
        return thin_desks(self._schedule, *self._days) if self.is_thinned else 0

    @property
    def lines(self) -> list[str]:
        """What a run of this size cannot say, and what to use instead: one line each, in the language of the user."""
        return list(self._lines())

    def _lines(self) -> Iterator[str]:
        if empty := self._schedule.never_staffed(*self._days):
            yield said(
                "{empty} of {desks} desks never have staff: alerts sent to them expire.",
                empty=str(empty),
                desks=str(self.desks),
            )
        if self.thin:
            yield said(
                "At scale {scale}, {thin} of {desks} desks have fewer than {seats} seats: their waits and expired "
                "alerts do not represent the country. Use {offers}.",
                scale=written(f"{self.spec.scale:g}"),
                thin=str(self.thin),
                desks=str(self.desks),
                seats=format(FEW_SERVERS, "g"),
                offers=self._offers(),
            )
        population = self.spec.population
        if population.pool == COUNTRY:
            yield said(
                "All provinces are simulated as one, so results do not describe single provinces. Use --pool none, "
                "or --pool country --apart PROVINCE."
            )
        elif isinstance(population.pool, Apart):
            yield said(
                "All provinces except {provinces} are simulated as one, so results do not describe any other "
                "single province.",
                provinces=", ".join(named(population.names[code]) for code in population.pool.apart),
            )
        elif population.pool == REGIONS:
            yield said(
                "The provinces of each region are simulated as one, so results do not describe single provinces. "
                "Use --pool none, or --pool country --apart PROVINCE."
            )

    def _offers(self) -> str:
        """Return the options that avoid small desks: the smallest scale, or a pool of provinces."""
        kind = None if isinstance(self.spec.population.pool, Apart) else self.spec.coarsest()
        pooled = None if kind is None else self.spec.pooled_further(kind)
        if kind is None or pooled is None:
            return f"--scale {self.enough:g}"
        enough = Size(pooled).enough
        pool = options(kind, self.spec.population.names)
        pool = pool if enough <= self.spec.scale else f"{pool} --scale {enough:g}"
        return said("--scale {scale} or {pool}", scale=format(self.enough, "g"), pool=pool)

    @property
    def enough(self) -> float:
        """The smallest round scale at which no desk with staff has fewer than five seats."""
        most = self._schedule.most(*self._days) / self.spec.scale
        return _rounded_up(FEW_SERVERS / float(most.min(where=most > 0.0, initial=most.max())))


def of_sizes(specs: Iterable[ScenarioModel]) -> list[str]:
    """Return the lines of the scenario whose runs can say the least."""
    return max(map(Size, specs), key=lambda size: size.thin).lines


def of_compared(specs: Sequence[ScenarioModel]) -> list[str]:
    """Return the lines about runs that are compared: those of ``of_sizes``, and that small desks differ in staff."""
    own = [desks_of(spec, Provinces.of(spec)) for spec in specs]
    if all(one == own[0] for one in own) or not any(Size(spec).thin for spec in specs):
        return of_sizes(specs)
    more = said("Staff differs, but desks with few seats do not wait as the country's desks do.")
    return [*of_sizes(specs), more]


def of_varied(scenario: "Scenario", given: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return the lines about a scenario of which each parameter, by its dotted key, takes some values in turn."""
    values = [{key: value} for key, own in given.items() if key.startswith(SIZING) for value in own]
    return of_compared([scenario.spec, *(changed(scenario, value).spec for value in values)])


def in_english(specs: Iterable[ScenarioModel]) -> list[str]:
    """Return the lines of ``of_sizes`` in English, as runs store them."""
    with speaking(ENGLISH):
        return of_sizes(specs)


def retold(lines: Sequence[str], specs: Sequence[ScenarioModel]) -> list[str]:
    """Translate those stored lines that are about the sizes of these scenarios into the language of the user."""
    here: dict[str, str] = {}
    for spec in specs:
        with speaking(ENGLISH):
            stored = Size(spec).lines
        here.update(zip(stored, Size(spec).lines, strict=True))
    return [here.get(line, line) for line in lines]


def _rounded_up(scale: float) -> float:
    """Return the next scale with two significant digits, at most 1."""
    if scale >= 1.0:
        return 1.0
    step = 10.0 ** (math.floor(math.log10(scale)) - DIGITS + 1)
    return min(1.0, float(f"{math.ceil(scale / step * (1.0 - ENOUGH)) * step:.{DIGITS}g}"))
