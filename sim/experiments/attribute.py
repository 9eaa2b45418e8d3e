"""Attribution: what each layer of the shield prevents and costs, alone, last, and on average over all orders.

A layer that gangs answer is worth less than what it stops, since effort moves to where more attempts succeed. A run in
which gangs stand still shows its worth without that; it equals a scenario without ``gangs.answer``.

In the theory of games the layers are players. A game gives each coalition, a set of players as the bits of an integer,
its worth. The values add up to the worth of all players (Shapley, "A value for n-person games", Contributions to the
Theory of Games II, 1953).

A scenario has no price for some layers (``sim.reading.quantities`` lists them by part). Such layers still change the
work of desks and the false alarms. Those costs are shown, but no cost per victim is computed from them.

Desks are staffed by the clock, so a run without a layer pays for the same seats. Here seats follow the work instead:
each busy hour carries its share of the idle hours that there are when all layers are on.

Where gangs answer what attempts yield, the coalitions are simulated twice.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate, combinations
from math import factorial
from operator import or_
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Unpack

from sim.base.failures import RefusedError
from sim.base.words import DESK_LABELS, SHIELD, Detector, Tier
from sim.draws.philox import draw4
from sim.draws.purposes import DESIGN
from sim.experiments.pairing import Interval, fieller, interval_of_mean
from sim.experiments.simulations import Asking, Simulations, asked, make_tables
from sim.experiments.store import claim, nullable, read_frame, write_frame
from sim.midnight.component import Component, with_components
from sim.reading.intervals import nine_tenths
from sim.reading.quantities import COST, COST_HIGH, COST_LOW, PARTS, has_price
from sim.reading.run import Outcome, benefits_and_costs
from sim.scenario import changed
from sim.scenario.load import ScenarioLike
from sim.scenario.schema.measures import KINDS
from sim.shield import NEVER, of_gate
from sim.warning.size import in_english

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

WARNING = tuple(f"warning.{tier}" for tier in Tier.labels())
LAYERS = (*(gate.layer for gate in SHIELD if gate.layer), *WARNING, "aftermath")
"""The layers, in the order in which an attempt meets them: those of gates, of tiers of alerts, and the aftermath.

- ``dens``: raids, with the campaigns and repatriations that bring them about.
- ``cards``: flagging, purging, real names, campaigns against suppliers.
- ``interception``: the filters of calls and SMS.
- ``sites``: blocking, and what is regulated at the source.
- ``awareness``: videos and activities. What people know at the start stays, and fades.
- ``warning.TIER``: the alerts of a tier. Without it scores as high raise an alert of the next lower tier, or none where
  there is no lower one.
- ``aftermath``: stop-payment, bank holds, and investigation, whose leads bring raids about.
"""


class LayerError(RefusedError, ValueError):
    """A name is not a layer of the scenario: the name and the allowed ones, in one line."""


def layers_of(scenario: "Scenario", wanted: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the layers of a scenario, in the order of ``LAYERS``; ``warning`` stands for its four tiers.

    Raises:
        LayerError: If a requested one is not a layer of the scenario.
    """
    from sim.scenario.errors import choices

    kinds = {measure.kind for measure in scenario.spec.measures.values()}
    absent = set() if "warning" in kinds else set(WARNING)
    present = {gate.layer for gate in SHIELD if of_gate(gate, "off")} | {KINDS[kind].row.layer for kind in kinds}
    absent |= {gate.layer for gate in SHIELD} - present
    names: set[str] = set()
    for name in [wanted] if isinstance(wanted, str) else wanted or LAYERS:
        if name not in (*LAYERS, "warning"):
            raise LayerError(f"{name} is not a layer; {choices(name, LAYERS)}")
        names |= set(WARNING) if name == "warning" else {name}
        if wanted and names & absent:
            raise LayerError(f"{name} is not a layer of {scenario.name}, which has no such measures; use another layer")
    return tuple(layer for layer in LAYERS if layer in names - absent)


def without(scenario: "Scenario", off: Collection[str]) -> "Scenario":
    """Return a scenario in which some layers do nothing; attempts, people and everything else are unchanged."""
    return changed(scenario, values_without(scenario, off))


def values_without(scenario: "Scenario", off: Collection[str]) -> dict[str, Any]:
    """Return the values by dotted key, in the form of ``--set``, with which some layers of a scenario do nothing."""
    gone = {f"measures.{name}": None for name, measure in scenario.spec.measures.items() if measure.row.layer in off}
    return {**gone, **_switched_off(scenario, off)}


def unpriced(scenario: "Scenario", names: Collection[str]) -> list[str]:
    """Return those layers of which a scenario does not say what all of it costs: a measure or a key has no price."""
    own = set((scenario.spec.costs and scenario.spec.costs.measures) or ())
    present = {one.kind: one.row.layer for name, one in scenario.spec.measures.items() if name not in own}
    return [
        layer
        for layer in names
        if not all(
            has_price(key, scenario)
            for key in (
                *(f"measures[{kind}]" for kind, of in present.items() if of == layer),
                *_switched_off(scenario, [layer]),
            )
        )
    ]


def _switched_off(scenario: "Scenario", off: Collection[str]) -> dict[str, Any]:
    """Return the values of keys other than measures without some layers."""
    values: dict[str, Any] = {}
    for gate in SHIELD:
        switch_off = of_gate(gate, "off") if gate.layer in off else None
        values |= switch_off(scenario.spec) if switch_off else {}
    if set(WARNING) & set(off):
        for detector in Detector.labels():
            values[f"warning.detectors.{detector}.thresholds"] = _thresholds(scenario, detector, off)
    if "aftermath" in off:
        values |= {"aftermath.stop_payment.share": 0.0, "aftermath.investigation.capacity": "0 per day"}
    return values


def _thresholds(scenario: "Scenario", detector: str, off: Collection[str]) -> dict[str, float]:
    """Return a detector's thresholds without some tiers: the scores of each of them belong to the next lower one."""
    own = getattr(scenario.spec.warning.detectors, detector).thresholds
    thresholds, above = {}, NEVER
    for tier, layer in zip(Tier.labels(), WARNING, strict=True):
        above = above if layer in off else getattr(own, tier)
        thresholds[tier] = above
    return thresholds


STILL, ANSWERING, BOTH = "still", "answering", "both"
"""Names of stances; ``BOTH`` requests the two, one after the other."""

STANCES = (STILL, ANSWERING)

ELASTICITIES = ("gangs.answer.shift", "gangs.answer.supply")
"""Keys of how strongly gangs answer; with both at 0 attempts do not depend on what they yield."""


def answer(scenario: "Scenario") -> bool:
    """Return whether a scenario has gangs that answer: never with ``feedback: off``."""
    spec = scenario.spec
    return bool(spec.feedback) and spec.gangs is not None and spec.gangs.answer is not None


def stances_of(scenario: "Scenario", wanted: str | None) -> tuple[str, ...]:
    """Return the stances of gangs in an experiment, in the order of ``STANCES``; none where gangs do not respond.

    ``wanted`` is ``still``, ``answering``, ``both``, or None for both where gangs answer.

    Raises:
        LayerError: If another name is given, or any for a scenario whose gangs do not respond.
    """
    from sim.scenario.errors import choices

    if wanted is not None and wanted not in (*STANCES, BOTH):
        raise LayerError(f"{wanted} is not a stance of gangs; {choices(wanted, (*STANCES, BOTH))}")
    if not answer(scenario):
        if wanted is not None:
            why = "has feedback off" if scenario.spec.gangs and not scenario.spec.feedback else "has no gangs.answer"
            raise LayerError(f"{scenario.name} {why}, so its gangs do not respond; leave out the stance of gangs")
        return ()
    return STANCES if wanted in (None, BOTH) else (wanted,)


def standing(scenario: "Scenario", stance: str | None) -> "Scenario":
    """Return a scenario whose gangs stand still, or the scenario itself; nothing else changes."""
    return changed(scenario, dict.fromkeys(ELASTICITIES, 0.0)) if stance == STILL else scenario


Worth = Callable[[int], float]
"""The worth of a coalition."""

Order = tuple[int, ...]
"""An order in which players join, by number."""


def exact(players: int, worth: Worth) -> list[float]:
    """Return each player's Shapley value, from the worth of every coalition."""
    weights = [factorial(size) * factorial(players - size - 1) / factorial(players) for size in range(players)]
    values = [0.0] * players
    for coalition in range(1 << players):
        size = coalition.bit_count()
        for player in range(players):
            if not coalition >> player & 1:
                values[player] += weights[size] * (worth(coalition | 1 << player) - worth(coalition))
    return values


def along(order: Order, worth: Worth) -> list[float]:
    """Return what each player adds when they join in an order; the mean over all orders is the Shapley value."""
    values = [0.0] * len(order)
    before = 0
    for player in order:
        after = before | 1 << player
        values[player] = worth(after) - worth(before)
        before = after
    return values


def prefixes(order: Order) -> Iterator[int]:
    """Return the coalitions that an order passes through, from the empty one to all players."""
    return accumulate((1 << player for player in order), or_, initial=0)


def alone_of(players: int, worth: Worth) -> list[float]:
    """Return what each player adds to the empty coalition."""
    return [worth(1 << player) - worth(0) for player in range(players)]


def last_of(players: int, worth: Worth) -> list[float]:
    """Return what each player adds to all others."""
    everybody = (1 << players) - 1
    return [worth(everybody) - worth(everybody ^ 1 << player) for player in range(players)]


def overlap(players: int, worth: Worth, one: int, two: int) -> float:
    """Return by how much more one player adds to all others once another is gone; it is symmetric.

    Above 0 each does part of what the other would do; below 0 each needs the other. The unit is that of the worth.
    """
    everybody = (1 << players) - 1
    first, second = 1 << one, 1 << two
    beside_second = worth(everybody) - worth(everybody ^ first)
    without_second = worth(everybody ^ second) - worth(everybody ^ first ^ second)
    return without_second - beside_second


PER = {"victim": "victims", "money": "net_loss_money"}
"""What is spared, and the quantity of which there is less."""

ENDS = ("low", "high", "price_low", "price_high")

Samples = Callable[[str], Sequence[Sequence[float]]]
"""Independent samples of Shapley values of a quantity, one value a layer in each."""

Row = dict[str, Any]


def by_work(outcome: Outcome, whole: Outcome) -> Outcome:
    """Return the outcome of a coalition of layers with other costs of its desks, whose seats follow the work.

    They are the cost with all layers (``whole``) times the outcome's share of that busy time; unchanged without work.
    """
    found = dict(outcome)
    for desk in DESK_LABELS:
        busy = f"staff_hours_{desk}"
        for key in (COST, COST_LOW, COST_HIGH):
            name = f"{key}.desk_{desk}"
            if name in whole and whole[busy]:
                found[name] = whole[name] * outcome[busy] / whole[busy]
    return found


def costs_of(names: Sequence[str], samples: Samples, priced: bool, unpriced: Collection[str]) -> list[Row]:
    """Return what layers cost, one row each and one for ``all`` of them, see ``Attribution.costs``."""
    rows = []
    for layer in (*names, "all"):
        known = priced and not set(unpriced) & set(names if layer == "all" else [layer])
        row: Row = {"layer": layer, "known": known, **dict.fromkeys(columns()[2:])}
        if priced:
            row |= _row(_of(layer, names, samples), known)
        rows.append(row)
    return rows


def columns() -> list[str]:
    """Return the names of the columns."""
    each = [name for per in PER for name in (f"per_{per}", *(f"per_{per}_{end}" for end in ENDS))]
    return ["layer", "known", COST, *ENDS, *each]


def _of(layer: str, names: Sequence[str], samples: Samples) -> Callable[[str], list[float]]:
    """Return the samples of a quantity for one layer; for ``all`` their sums, what all of them do together."""

    def of_one(quantity: str) -> list[float]:
        every = samples(quantity)
        return [sum(one) if layer == "all" else one[names.index(layer)] for one in every]

    return of_one


def _row(of_one: Callable[[str], list[float]], known: bool) -> Row:
    by_part = [of_one(f"{COST}.{part}") for part in PARTS]
    costs = [sum(parts) for parts in zip(*by_part, strict=True)]
    cost = fmean(costs)
    prices = _prices(of_one)
    row = _with_ends(COST, cost, interval_of_mean(costs), prices, prefix="")
    for per, quantity in PER.items() if known else ():
        spared = of_one(quantity)
        gain = fmean(spared)
        if cost > 0 and gain > 0:
            ends = (prices[0] / gain, prices[1] / gain)
            row |= _with_ends(f"per_{per}", cost / gain, fieller(costs, spared), ends, prefix=f"per_{per}_")
    return row


def _with_ends(name: str, value: float, chance: Interval, prices: tuple[float, float], prefix: str) -> Row:
    ends = (*(chance or (None, None)), *prices)
    return {name: value, **{f"{prefix}{end}": number for end, number in zip(ENDS, ends, strict=True)}}


def _prices(of_one: Callable[[str], list[float]]) -> tuple[float, float]:
    """Return the least and the most as each price moves within its range."""
    low = high = 0.0
    for part in PARTS:
        ends = [fmean(of_one(f"{key}.{part}")) for key in (COST_LOW, COST, COST_HIGH)]
        low, high = low + min(ends), high + max(ends)
    return low, high


def is_priced(outcome: Mapping[str, Any]) -> bool:
    """Return whether a run's scenario says what things cost."""
    return f"{COST}.{next(iter(PARTS))}" in outcome


KIND = "attribution"
LAYERS_FILE, OVERLAPS_FILE, COALITIONS_FILE = "layers.parquet", "overlaps.parquet", "coalitions.parquet"
COSTS_FILE = "costs.parquet"

GANGS = "gangs"
"""The column with the stance of gangs, where they answer what attempts yield."""

PREVENTED = ("victims", "net_loss_money")
CAUSED = ("false_alarms", "false_blocks", "staff_hours")
"""Quantities that a layer reduces, and those that it increases; ``benefits_and_costs`` counts them."""

EXACT_UP_TO = 7
"""The most layers whose coalitions are all simulated by default: 128 runs."""

ORDERS = 16
"""Default number of orders for more layers; every second one is the reverse of the one before."""


@dataclass(frozen=True)
class Attribution:
    """The result of an attribution.

    Quantities in ``PREVENTED`` are decreases, those in ``CAUSED`` increases, in the country. Where the scenario's
    gangs answer what attempts yield, every table begins with a column ``gangs``: rows for gangs that stand ``still``,
    then rows for gangs that are ``answering``.

    Attributes:
        folder: Where it is kept.
    """

    folder: Path

    @cached_property
    def layers(self) -> "pd.DataFrame":
        """One row for each quantity and layer, and one for each quantity and ``all`` layers.

        ``alone`` is the effect of this layer without the others, ``last`` its effect on top of all others, ``shapley``
        the mean over the orders in which layers may join; these add up to ``all``. ``low`` and ``high`` are its 95%
        interval, missing where it is exact; ``posterior_low`` and ``posterior_high`` its 90% interval over posterior
        draws, missing where none were requested.
        """
        return read_frame(self.folder, KIND, LAYERS_FILE)

    @cached_property
    def overlaps(self) -> "pd.DataFrame":
        """One row for each quantity and pair of layers: how much more one is worth once the other is gone.

        Above 0 both would prevent the same; below 0 one needs the other.
        """
        return read_frame(self.folder, KIND, OVERLAPS_FILE)

    @cached_property
    def costs(self) -> "pd.DataFrame":
        """One row for each layer, and one for ``all``: its cost, and its cost per unit prevented.

        ``cost_money`` is its Shapley value, with desks whose seats follow the work; ``low`` and ``high`` are its 95%
        interval, ``price_low`` and ``price_high`` its range as prices move. ``known`` says whether the layer's own
        costs are included, or only what it changes elsewhere. If they are, ``per_victim`` and ``per_money`` (of net
        loss) divide it by the Shapley value of the prevention, with Fieller's interval; missing where the layer
        costs nothing or prevents nothing. All are missing for a scenario without costs.
        """
        return read_frame(self.folder, KIND, COSTS_FILE)

    @cached_property
    def coalitions(self) -> "pd.DataFrame":
        """One row for each run: which layers were on, and its quantities."""
        return read_frame(self.folder, KIND, COALITIONS_FILE)


def attribute(
    scenario: ScenarioLike,
    layers: Collection[str] | None = None,
    orders: int | None = None,
    replicates: int = 1,
    folder: str | Path | None = None,
    gangs: str | None = None,
    draws: "Sequence[Scenario]" = (),
    components: "Sequence[Component]" = (),
    **asking: Unpack[Asking],
) -> Attribution:
    """Attribute what a scenario prevents to its layers, see ``sim.experiments.attribute``.

    All runs of a replicate meet the same attempts and people. The interval of a Shapley value is over replicates or,
    with one replicate, over its orders (Student's t). An interrupted attribution is resumed, a finished one is read. An
    unknown layer raises a LayerError; a folder that holds something else, a FolderError; a failed run, a
    SimulationError.

    Args:
        scenario: The scenario, or the name or path of one.
        layers: The names of its layers, by default all. Other layers stay on.
        orders: 0 simulates every coalition of layers, 2 to the power of their number, and gives exact Shapley values.
            An even number is the number of orders to average, drawn by the seed. By default 0 for up to ``EXACT_UP_TO``
            layers, and ``ORDERS`` for more.
        replicates: The number of seeds, counting up.
        folder: Where it is kept, by default ``results/attributions/NAME-HASH``.
        gangs: Whether gangs stand ``still`` (their elasticities are 0), are ``answering`` as the scenario says, or
            ``both``, each in separate runs. Only for a scenario whose gangs answer, where ``both`` is the default.
        draws: The same scenario with the values of posterior draws. Each is attributed too, for an interval of the
            parameter uncertainty.
        components: Components of every run, as ``sim.run`` takes them.
        **asking: ``workers``, ``executor`` and ``progress``, see ``Computing``; changes of the scenario, see
            ``Options``.

    Returns:
        The tables of layers, of overlaps, of costs and of runs.
    """
    found, computing = asked("attribute", scenario, asking)
    found = with_components(found, components)
    draws = [with_components(draw, components) for draw in draws]
    names = layers_of(found, layers)
    number = _number_of_orders(names, orders)
    stances = stances_of(found, gangs)
    request: dict[str, Any] = {"layers": list(names), "orders": number, "replicates": replicates}
    if stances:
        request["gangs"] = list(stances)
    if draws:
        request["draws"] = [one.sha256 for one in draws]

    path = claim(KIND, found, request, folder)

    def make(simulations: Simulations) -> None:
        """Simulate the coalitions of all games, and write the tables."""
        seed = found.spec.seed
        games = {
            stance: [_Game(names, seed + one, number) for one in range(replicates)] for stance in stances or (None,)
        }
        drawn = {stance: [_Game(names, one.spec.seed, number) for one in draws] for stance in games}
        played = [
            (game, standing(world, stance))
            for stance, own in games.items()
            for game, world in zip([*own, *drawn[stance]], [*[found] * replicates, *draws], strict=True)
        ]
        wanted = (one for game, world in played for one in game.scenarios(world))
        outcomes = iter(simulations.run(wanted, sum(len(game.coalitions) for game, _ in played)))
        for game, _ in played:
            game.take([next(outcomes) for _ in game.coalitions])
        costs = partial(_costs, unpriced(found, names))
        for file, rows in (COALITIONS_FILE, _coalitions), (OVERLAPS_FILE, _overlaps), (COSTS_FILE, costs):
            write_frame(path / file, _by_stance({stance: rows(names, own) for stance, own in games.items()}))
        layers = {stance: _layers(names, own, drawn[stance]) for stance, own in games.items()}
        write_frame(path / LAYERS_FILE, _by_stance(layers))

    tables = [COALITIONS_FILE, OVERLAPS_FILE, LAYERS_FILE, COSTS_FILE]
    warnings = in_english([found.spec])
    make_tables(path, KIND, benefits_and_costs, tables, make, warnings, computing)
    return Attribution(path)


def runs_of(
    scenario: "Scenario",
    layers: Collection[str] | None,
    orders: int | None,
    replicates: int,
    gangs: str | None = None,
    draws: int = 0,
) -> int:
    """Return how many runs ``attribute`` makes for these arguments and number of draws."""
    names = layers_of(scenario, layers)
    number = _number_of_orders(names, orders)
    worlds = [len(_Game(names, scenario.spec.seed + replicate, number).coalitions) for replicate in range(replicates)]
    return max(1, len(stances_of(scenario, gangs))) * (sum(worlds) + draws * worlds[0])


def _number_of_orders(names: Sequence[str], orders: int | None) -> int:
    if orders is None:
        return 0 if len(names) <= EXACT_UP_TO else ORDERS
    if orders % 2:
        raise LayerError(
            f"orders must be even, or 0 for all coalitions, because half of them are reversed; got {orders}"
        )
    return orders


class _Game:
    """The simulated coalitions of one replicate, and their outcomes."""

    def __init__(self, names: Sequence[str], seed: int, orders: int) -> None:
        self.names, self.seed = names, seed
        self.orders = _orders(seed, len(names), orders)
        self.outcomes: dict[int, Outcome] = {}
        self._everybody = everybody = (1 << len(names)) - 1
        wanted = set(range(everybody + 1)) if not orders else {0, everybody}
        wanted |= {1 << player for player in range(len(names))} | {
            everybody ^ 1 << player for player in range(len(names))
        }
        wanted |= {everybody ^ 1 << one ^ 1 << two for one, two in combinations(range(len(names)), 2)}
        self.coalitions = sorted(wanted.union(*(prefixes(order) for order in self.orders)))

    def scenarios(self, scenario: "Scenario") -> "Iterator[Scenario]":
        """Yield the scenario of each coalition: its layers, and those that are not attributed, are on."""
        own = changed(scenario, {"seed": self.seed})
        for coalition in self.coalitions:
            yield without(own, [name for player, name in enumerate(self.names) if not coalition >> player & 1])

    def take(self, outcomes: "Sequence[Outcome]") -> None:
        """Keep the outcomes of the coalitions, in order; desks have the seats that their work needs."""
        own = dict(zip(self.coalitions, outcomes, strict=True))
        self.outcomes = {coalition: by_work(outcome, own[self._everybody]) for coalition, outcome in own.items()}

    def worth(self, quantity: str) -> Worth:
        """Return what coalitions prevent or cause of a quantity."""
        sign = -1 if quantity in PREVENTED else 1
        # A cost that a coalition has no price for, such as that of a measure that it lacks, is nothing.
        nobody = self.outcomes[0].get(quantity, 0.0)
        return lambda coalition: sign * (self.outcomes[coalition].get(quantity, 0.0) - nobody)

    def all_of(self, quantity: str) -> float:
        """Return what all layers together prevent or cause."""
        return self.worth(quantity)(self._everybody)

    def samples(self, quantity: str) -> list[list[float]]:
        """Return independent samples of Shapley values: one for each order with its reverse, or a single exact one."""
        worth = self.worth(quantity)
        if not self.orders:
            return [exact(len(self.names), worth)]
        values = [along(order, worth) for order in self.orders]
        return [
            [(forward + backward) / 2.0 for forward, backward in zip(one, two, strict=True)]
            for one, two in zip(values[::2], values[1::2], strict=True)
        ]


def _orders(seed: int, players: int, number: int) -> list[Order]:
    """Draw orders: every second one is the reverse of the one before."""
    orders: list[Order] = []
    for pair in range(number // 2):
        # Identities from 1 up: the design's own generator has 0.
        keys = [draw4(seed, player + 1, DESIGN, pair)[:2] for player in range(players)]
        order = tuple(sorted(range(players), key=lambda player: (*map(int, keys[player]), player)))
        orders += [order, order[::-1]]
    return orders


def _layers(names: Sequence[str], games: Sequence[_Game], drawn: Sequence[_Game]) -> "pd.DataFrame":
    rows: list[dict[str, Any]] = []
    for quantity in (*PREVENTED, *CAUSED):
        head = {"quantity": quantity, "kind": "prevented" if quantity in PREVENTED else "caused"}
        worths = [game.worth(quantity) for game in games]
        alone = _means([alone_of(len(names), worth) for worth in worths])
        last = _means([last_of(len(names), worth) for worth in worths])
        samples = _independent(games, quantity)
        over_draws = [_means(game.samples(quantity)) for game in drawn]
        for player, name in enumerate(names):
            own, posterior = ([values[player] for values in rows_of] for rows_of in (samples, over_draws))
            rows.append({**head, "layer": name, **_values(alone[player], last[player], own, posterior)})
        everything, posterior = ([game.all_of(quantity) for game in some] for some in (games, drawn))
        whole = fmean(everything)
        rows.append({**head, "layer": "all", **_values(whole, whole, everything, posterior)})
    return _frame(rows)


def _values(alone: float, last: float, samples: list[float], drawn: list[float]) -> dict[str, float | None]:
    """Return the values of a layer, with the 95% interval of the samples and the 90% interval over draws."""
    low, high = interval_of_mean(samples) or (None, None)
    posterior_low, _, posterior_high = nine_tenths(drawn) if len(drawn) > 1 else (None, None, None)
    value: dict[str, float | None] = {"alone": alone, "last": last, "shapley": fmean(samples), "low": low, "high": high}
    return {**value, "posterior_low": posterior_low, "posterior_high": posterior_high}


def _means(samples: list[list[float]]) -> list[float]:
    """Return the mean of samples for each player."""
    return [fmean(values) for values in zip(*samples, strict=True)]


def _independent(games: Sequence[_Game], quantity: str) -> list[list[float]]:
    """Return independent samples of the Shapley values: one for each replicate, or the orders of a single one."""
    by_game = [game.samples(quantity) for game in games]
    if len(games) == 1:
        return by_game[0]
    return [_means(samples) for samples in by_game]


def _costs(without_price: Collection[str], names: Sequence[str], games: Sequence[_Game]) -> "pd.DataFrame":
    priced = is_priced(games[0].outcomes[0])
    return _frame(costs_of(names, lambda quantity: _independent(games, quantity), priced, without_price))


def _overlaps(names: Sequence[str], games: Sequence[_Game]) -> "pd.DataFrame":
    rows = []
    for quantity in (*PREVENTED, *CAUSED):
        worths = [game.worth(quantity) for game in games]
        for one, two in combinations(range(len(names)), 2):
            shared = fmean(overlap(len(names), worth, one, two) for worth in worths)
            rows.append({"quantity": quantity, "layer": names[one], "other": names[two], "overlap": shared})
    import pandas as pd

    # A single layer overlaps with no other, but its table needs columns too.
    return pd.DataFrame(rows, columns=["quantity", "layer", "other", "overlap"])


def _coalitions(names: Sequence[str], games: Sequence[_Game]) -> "pd.DataFrame":
    return _frame(
        [
            {
                "seed": game.seed,
                **{name: bool(coalition >> player & 1) for player, name in enumerate(names)},
                **{quantity: float(game.outcomes[coalition][quantity]) for quantity in (*PREVENTED, *CAUSED)},
            }
            for game in games
            for coalition in game.coalitions
        ]
    )


def _by_stance(frames: "Mapping[str | None, pd.DataFrame]") -> "pd.DataFrame":
    """Stack tables, with a column for the stance of gangs; without stances return the only table."""
    import pandas as pd

    if None in frames:
        return frames[None]
    for stance, frame in frames.items():
        frame.insert(0, GANGS, stance)
    return pd.concat(frames.values(), ignore_index=True)


def _frame(rows: Sequence[dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.DataFrame(rows)
    missing = {"low", "high", "posterior_low", "posterior_high", *columns()[2:]}
    return nullable(frame, [name for name in frame.columns if name in missing])
