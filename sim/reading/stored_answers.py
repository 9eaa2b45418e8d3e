"""Stored answers: the answers of a scenario over posterior draws, kept in a table next to its file.

A calibration runs each draw, of the scenario and of its policies, at a small scale and with equal seeds. So a run of
such a scenario at any scale and seed gets an interval of parameter uncertainty without running draws again: the answer
of a draw is that of the run, times the ratio of the stored answer of the draw to that of the scenario's own values.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, hypot, log
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from sim.base.words import Fate
from sim.reading.chance import LEVEL, RECOVERED_SHARE, SAVED_SHARE, STOPPED_SHARE, TAILS, nine_tenths
from sim.reading.quantities import HEADLINE
from sim.scenario.schema.population import COUNTRY, NO_POOL, plain_pool

if TYPE_CHECKING:
    from sim.scenario import Scenario

OWN = "own"
"""The draw whose values are the scenario's own."""

DIGITS = 16
"""Hexadecimal digits of a hash in the table."""

POLICY, HASH, DRAW = "policy", "sha256", "draw"
SUFFIX = "-answers.csv"
OF_LEVERS = f"-levers{SUFFIX}"
"""End of the name of the table of levers ``KEY=VALUE``; all other answers are in a table with ``SUFFIX``."""

SHARES = {
    STOPPED_SHARE: ("stopped", "attempts_potential"),
    SAVED_SHARE: ("saved", "episodes"),
    RECOVERED_SHARE: ("recovered_money", "loss_money"),
}
"""Shares by name: the columns of the part and of the whole."""

OF_PEOPLE = (*HEADLINE, "recovered_money")
"""Totals about people and their money."""

AMOUNTS = ("attempts_potential", "stopped", *OF_PEOPLE)
"""Columns of a table: results that do not depend on prices."""

POOLED = 0.001
"""A scale at which any country can be one province."""

SHORTER = NormalDist().inv_cdf(TAILS[1]) / NormalDist().inv_cdf((1.0 + LEVEL) / 2.0)
"""The ratio of the length of an interval of noise at the level of draws to that at its own level."""

LEAST = 1e-9
"""Stands for a total of zero, and for the rest of a share of one, in ratios."""


@dataclass(frozen=True)
class StoredAnswers:
    """The answers of a scenario over the draws, by column: with its own values and with those of each draw."""

    policy: str
    draws: int
    own: Mapping[str, float]
    drawn: Mapping[str, tuple[float, ...]]

    @property
    def is_of_lever(self) -> bool:
        """Whether the policy is a lever, ``KEY=VALUE``: no scenario's name has such a sign."""
        return "=" in self.policy

    def interval(
        self, name: str, value: float, chance: tuple[float, float] | None = None
    ) -> tuple[float, float, float] | None:
        """Return the low end, the median and the high end of nine tenths of draws of a number of a run, with its noise.

        The name is a column, or a share of two; ``chance`` is the 95 % interval of the noise. None if the table has no
        such number, or if the value is zero.
        """
        if name in SHARES:
            part, whole = SHARES[name]
            if not 0.0 < value < 1.0 or not self.own[whole]:
                return None
            steps = [
                _odds(one, all_) - _odds(self.own[part], self.own[whole])
                for one, all_ in zip(self.drawn[part], self.drawn[whole], strict=True)
            ]
            at, ends = log(value / (1.0 - value)), tuple(_odds(end, 1.0) for end in chance or (value, value))
            return tuple(1.0 / (1.0 + exp(-one)) for one in ends_with_noise(at, steps, ends))  # type: ignore[return-value]
        if name not in self.own or value <= 0.0 or self.own[name] <= 0.0:
            return None
        steps = [log(max(one, LEAST) / self.own[name]) for one in self.drawn[name]]
        ends = tuple(log(max(end, LEAST)) for end in chance or (value, value))
        return tuple(exp(one) for one in ends_with_noise(log(value), steps, ends))  # type: ignore[return-value]

    def outside(self, base: "StoredAnswers | None" = None) -> dict[str, tuple[float, float]]:
        """Return the totals of the headline whose own value lies outside the 90 % interval over the draws.

        With ``base``, the change of each total from that policy is tested instead. A total of zero, such as people
        saved where nobody is warned, has no ratio to its draws, and is left out.

        Returns:
            By name the ends of the interval, as ratios to the own value or the own change.
        """
        found = {}
        for name in (name for name in HEADLINE if self.own[name]):
            steps = [one / self.own[name] for one in self.drawn[name]] if base is None else self.ratios(base, name)
            low, _, high = nine_tenths(steps)
            if not low <= 1.0 <= high:
                found[name] = low, high
        return found

    def ratios(self, base: "StoredAnswers", name: str) -> list[float]:
        """Return (this draw / draw of the base) / (own / own of the base) of a column, for each draw that both have."""
        own = max(self.own[name], LEAST) / max(base.own[name], LEAST)
        pairs = zip(self.drawn[name], base.drawn[name], strict=False)
        return [max(one, LEAST) / max(other, LEAST) / own for one, other in pairs]


def ends_with_noise(at: float, steps: list[float], chance: tuple[float, ...]) -> tuple[float, float, float]:
    """Return ends and median of a 90 % interval from the steps of draws and the ends of a 95 % interval of noise."""
    low, middle, high = nine_tenths(steps)
    below, above = SHORTER * (at - chance[0]), SHORTER * (chance[1] - at)
    return at + middle - hypot(middle - low, below), at + middle, at + middle + hypot(high - middle, above)


def _odds(part: float, whole: float) -> float:
    """Return the log odds of a part of a whole."""
    return log(max(part, LEAST * whole, LEAST) / max(whole - part, LEAST * whole, LEAST))


def answered(quantities: Mapping[str, float]) -> dict[str, float]:
    """Return the columns of a table of answers from ``sim.reading.outcomes.quantities`` of a run."""
    stopped = sum(quantities.get(f"attempts_by_fate.{fate.label}", 0.0) for fate in Fate if fate.stopped)
    every = {**quantities, "stopped": stopped}
    return {name: float(every[name]) for name in AMOUNTS}


def policy_digests(scenario: "Scenario") -> str:
    """Return the ``policy_digest`` of a scenario with its provinces and, if possible, pooled; as one text."""
    from sim.scenario import ScenarioError, changed

    try:
        pooled = changed(scenario, {"population.pool": COUNTRY, "scale": POOLED})
    except ScenarioError:
        return policy_digest(scenario)
    return f"{policy_digest(scenario)} {policy_digest(pooled)}"


def policy_digest(scenario: "Scenario") -> str:
    """Return a hash that identifies a scenario at any scale, with any seed and prices."""
    from sim.scenario.effects import NO_EFFECT
    from sim.scenario.load import digest
    from sim.scenario.resolved import plain

    values: dict[str, Any] = {
        key: value for key, value in plain(scenario.resolved).items() if key not in (*NO_EFFECT, "seed", "scale")
    }
    values["population"] = {key: value for key, value in values["population"].items() if key != "pool"}
    return digest(values)[:DIGITS]


def stored_answers(scenario: "Scenario") -> StoredAnswers | None:
    """Return the stored answers of a scenario; None if no bundled table has any."""
    tables = answer_tables()
    if not tables:
        return None
    found = policy_digest(scenario)
    known = {digest: one for table in tables for digest, one in read_answers(table).items()}
    return known[found] if found in known else _of_the_same_name(scenario, found, known.values())


def _of_the_same_name(scenario: "Scenario", found: str, known: "Iterable[StoredAnswers]") -> StoredAnswers | None:
    """Return the stored answers of a bundled scenario that equals this one when pooled in the same way.

    A table covers separate provinces and all of them pooled; there are too many other ways to pool them.
    """
    from sim.scenario import load_scenario
    from sim.scenario.bundled import bundled_names

    pool = scenario.spec.population.pool
    same = next((one for one in known if one.policy == scenario.name), None)
    if same is None or scenario.name not in bundled_names() or pool in (NO_POOL, COUNTRY):
        return None
    try:
        own = load_scenario(scenario.name, **{"population.pool": plain_pool(pool), "scale": POOLED})
    except ValueError:
        return None
    return same if policy_digest(own) == found else None


def answer_tables() -> list[Path]:
    """Return the bundled tables of answers."""
    from sim.scenario.bundled import bundled_folder

    return sorted(bundled_folder().glob(f"*{SUFFIX}"))


@cache
def read_answers(path: Path) -> dict[str, StoredAnswers]:
    """Return the answers of a table, each by every ``policy_digest`` that it covers."""
    rows: dict[str, list[dict[str, str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row[HASH], []).append(row)
    found: dict[str, StoredAnswers] = {}
    for known, entries in rows.items():
        numbers = {row[DRAW]: {name: float(row[name]) for name in AMOUNTS} for row in entries}
        own = numbers.pop(OWN)
        drawn = {name: tuple(one[name] for one in numbers.values()) for name in own}
        found |= dict.fromkeys(known.split(), StoredAnswers(entries[0][POLICY], len(numbers), own, drawn))
    return found


def tables_beside(folder: Path, name: str) -> list[Path]:
    """Return the tables of answers of a scenario in a folder, its own first; none if there are no answers."""
    return [path for path in (folder / f"{name}{suffix}" for suffix in (SUFFIX, OF_LEVERS)) if path.is_file()]


def store_answers(folder: Path, name: str, answers: "Mapping[str, StoredAnswers]") -> None:
    """Store the answers of a scenario, its policies and its levers in their tables, in place of earlier ones."""
    for suffix, levers in ((OF_LEVERS, True), (SUFFIX, False)):
        some = {digest: one for digest, one in answers.items() if one.is_of_lever == levers}
        if some:
            write_answers(folder / f"{name}{suffix}", some)
        else:
            (folder / f"{name}{suffix}").unlink(missing_ok=True)


def write_answers(path: Path, answers: "Mapping[str, StoredAnswers]") -> None:
    """Store answers by ``policy_digests``, to six digits."""
    from sim.store.folder import whole

    lines = [",".join([POLICY, HASH, DRAW, *AMOUNTS])]
    for known, one in answers.items():
        for draw in (OWN, *range(one.draws)):
            cells = [one.own[name] if draw == OWN else one.drawn[name][int(draw)] for name in AMOUNTS]
            lines.append(",".join([_cell(one.policy), known, str(draw), *(f"{cell:.6g}" for cell in cells)]))
    with whole(path) as unfinished:
        unfinished.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _cell(text: str) -> str:
    """Return a text as a cell of a CSV file."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text
