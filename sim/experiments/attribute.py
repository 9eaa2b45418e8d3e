"""Attribution: what each layer of the shield prevents and costs, by itself, beside all others, and on average."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from sim.draws.philox import draw4
from sim.draws.purposes import DESIGN
from sim.experiments import shapley
from sim.experiments.layers import LayerError, layers_of, without
from sim.experiments.simulations import JOURNAL, Simulations
from sim.experiments.store import claim, read_frame, write_frame
from sim.results.outcomes import Outcome, benefits_and_costs
from sim.scenario import changed

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

LAYERS_FILE, OVERLAPS_FILE, COALITIONS_FILE = "layers.parquet", "overlaps.parquet", "coalitions.parquet"

PREVENTED = ("victims", "net_loss_yuan")
CAUSED = ("false_alarms", "false_blocks", "staff_hours")
"""What a layer has fewer of, and what it has more of: how they are counted says ``benefits_and_costs``."""

LEVEL = 0.95
EXACTLY = 7
"""So many layers at most have all their coalitions simulated where nothing else is asked for: 128 runs."""

ORDERS = 16
"""Orders that are drawn where there are more: half of them, and each of these from its end."""


@dataclass(frozen=True)
class Attribution:
    """What an attribution found, kept in ``folder``.

    ``layers`` has a row a quantity and layer, and one a quantity for ``all``: ``alone`` (only this layer, beside none),
    ``last`` (all layers, beside all but this one), ``shapley`` (the mean over the orders in which layers may come;
    these add up to ``all``) with ``low`` and ``high`` of its interval of 95 per cent, missing where it is exact.
    Quantities in ``PREVENTED`` say how many fewer there are, those in ``CAUSED`` how many more, in the country.
    ``overlaps`` has a row a quantity and two layers: what both would prevent, so that one is worth so much more once
    the other is gone; below 0 where one needs the other. ``coalitions`` has a row a run: what was on, what came of it.
    """

    folder: Path

    @cached_property
    def layers(self) -> "pd.DataFrame":
        """What each layer prevents and costs."""
        return read_frame(self.folder / LAYERS_FILE)

    @cached_property
    def overlaps(self) -> "pd.DataFrame":
        """What two layers share."""
        return read_frame(self.folder / OVERLAPS_FILE)

    @cached_property
    def coalitions(self) -> "pd.DataFrame":
        """Every run."""
        return read_frame(self.folder / COALITIONS_FILE)


def attribute(
    scenario: "Scenario",
    layers: Collection[str] | None = None,
    orders: int | None = None,
    replicates: int = 1,
    folder: Path | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Attribution:
    """Attribute what a scenario prevents to its ``layers`` (all of them, see ``sim.experiments.layers``).

    Layers that are not named stay on. With ``orders=0`` every coalition of layers is simulated, 2 to the power of their
    number, and Shapley values are exact; else they are means over so many orders, even, drawn by the seed. By default
    they are exact for up to ``EXACTLY`` layers. All runs of a replicate meet the same attempts and people. The interval
    of a Shapley value is over replicates, or, of a single one, over its orders (Student's t).

    Raises LayerError; FolderError where the folder holds something else; SimulationError.
    """
    place = planned(scenario, layers, orders, replicates, folder)
    names = layers_of(scenario, layers)
    drawn = _number_of_orders(names, orders)
    if not (place / LAYERS_FILE).exists():
        games = [_Game(names, scenario.spec.seed + number, drawn) for number in range(replicates)]
        total = sum(len(game.coalitions) for game in games)
        with Simulations(place, benefits_and_costs, workers, executor, progress) as simulations:
            found = iter(simulations.run((one for game in games for one in game.scenarios(scenario)), total))
            for game in games:
                game.outcomes = {coalition: next(found) for coalition in game.coalitions}
        write_frame(place / COALITIONS_FILE, _coalitions(names, games))
        write_frame(place / OVERLAPS_FILE, _overlaps(names, games))
        write_frame(place / LAYERS_FILE, _layers(names, games))
        (place / JOURNAL).unlink()
    return Attribution(place)


def planned(
    scenario: "Scenario", layers: Collection[str] | None, orders: int | None, replicates: int, folder: Path | None
) -> Path:
    """Give the folder of an attribution, where it may go on; raises LayerError and FolderError as ``attribute``."""
    names = layers_of(scenario, layers)
    asked = {"layers": list(names), "orders": _number_of_orders(names, orders), "replicates": replicates}
    return claim("attribution", scenario, asked, folder)


def _number_of_orders(names: Sequence[str], orders: int | None) -> int:
    if orders is None:
        return 0 if len(names) <= EXACTLY else ORDERS
    if orders % 2:
        raise LayerError(
            f"{orders} orders are odd, and half of them are reversed; an even number, 0 for all coalitions"
        )
    return orders


class _Game:
    """The coalitions of one replicate that are simulated, and what came of them."""

    def __init__(self, names: Sequence[str], seed: int, orders: int) -> None:
        self.names, self.seed = names, seed
        self.orders = _orders(seed, len(names), orders)
        self.outcomes: dict[int, Outcome] = {}
        self._everybody = everybody = (1 << len(names)) - 1
        wanted = set(shapley.coalitions(len(names))) if not orders else {0, everybody}
        wanted |= {1 << player for player in range(len(names))} | {
            everybody ^ 1 << player for player in range(len(names))
        }
        wanted |= {everybody ^ 1 << one ^ 1 << two for one, two in shapley.pairs(len(names))}
        self.coalitions = sorted(wanted.union(*(shapley.met(order) for order in self.orders)))

    def scenarios(self, scenario: "Scenario") -> "Iterator[Scenario]":
        own = changed(scenario, {"seed": self.seed})
        for coalition in self.coalitions:
            yield without(own, [name for player, name in enumerate(self.names) if not coalition >> player & 1])

    def worth(self, quantity: str) -> shapley.Worth:
        """Give what coalitions prevent, or cause, of a quantity."""
        sign = -1 if quantity in PREVENTED else 1
        nobody = self.outcomes[0][quantity]
        return lambda coalition: sign * (self.outcomes[coalition][quantity] - nobody)

    def all_of(self, quantity: str) -> float:
        """Give what all layers together prevent, or cause."""
        return self.worth(quantity)(self._everybody)

    def halves(self, quantity: str) -> list[list[float]]:
        """Give Shapley values by pair of orders, one the other's reverse; the exact ones alone where all is known."""
        worth = self.worth(quantity)
        if not self.orders:
            return [shapley.exact(len(self.names), worth)]
        found = [shapley.along(order, worth) for order in self.orders]
        return [
            [(here + there) / 2.0 for here, there in zip(one, two, strict=True)]
            for one, two in zip(found[::2], found[1::2], strict=True)
        ]


def _orders(seed: int, players: int, orders: int) -> list[shapley.Order]:
    """Draw orders: every second one is the reverse of the one before."""
    found: list[shapley.Order] = []
    for number in range(orders // 2):
        # Identity 1 and up of a design: its own generator has 0.
        keys = [draw4(seed, player + 1, DESIGN, number)[:2] for player in range(players)]
        order = tuple(sorted(range(players), key=lambda player: (*map(int, keys[player]), player)))
        found += [order, order[::-1]]
    return found


def _layers(names: Sequence[str], games: Sequence[_Game]) -> "pd.DataFrame":
    rows: list[dict[str, Any]] = []
    for quantity in (*PREVENTED, *CAUSED):
        kind = "prevented" if quantity in PREVENTED else "caused"
        worths = [game.worth(quantity) for game in games]
        halves = [game.halves(quantity) for game in games]
        means = [[fmean(values) for values in zip(*half, strict=True)] for half in halves]
        samples = means if len(games) > 1 else halves[0]
        alone = [shapley.alone(len(names), worth) for worth in worths]
        last = [shapley.last(len(names), worth) for worth in worths]
        for player, name in enumerate(names):
            value = fmean(mean[player] for mean in means)
            low, high = _interval(value, [sample[player] for sample in samples])
            rows.append(
                {
                    "quantity": quantity,
                    "kind": kind,
                    "layer": name,
                    "alone": fmean(one[player] for one in alone),
                    "last": fmean(one[player] for one in last),
                    "shapley": value,
                    "low": low,
                    "high": high,
                }
            )
        everything = fmean(game.all_of(quantity) for game in games)
        low, high = _interval(everything, [game.all_of(quantity) for game in games])
        whole = dict.fromkeys(("alone", "last", "shapley"), everything)
        rows.append({"quantity": quantity, "kind": kind, "layer": "all", **whole, "low": low, "high": high})
    return _frame(rows)


def _interval(mean: float, samples: Sequence[float]) -> tuple[float | None, float | None]:
    """Give the interval of a mean of independent samples; none of a single one."""
    from scipy.special import stdtrit

    if len(samples) < 2:
        return None, None
    half = float(stdtrit(len(samples) - 1, (1.0 + LEVEL) / 2.0)) * stdev(samples) / len(samples) ** 0.5
    return mean - half, mean + half


def _overlaps(names: Sequence[str], games: Sequence[_Game]) -> "pd.DataFrame":
    rows = []
    for quantity in (*PREVENTED, *CAUSED):
        worths = [game.worth(quantity) for game in games]
        for one, two in shapley.pairs(len(names)):
            shared = fmean(shapley.overlap(len(names), worth, one, two) for worth in worths)
            rows.append({"quantity": quantity, "layer": names[one], "other": names[two], "overlap": shared})
    return _frame(rows)


def _coalitions(names: Sequence[str], games: Sequence[_Game]) -> "pd.DataFrame":
    return _frame(
        [
            {
                "seed": game.seed,
                **{name: bool(coalition >> player & 1) for player, name in enumerate(names)},
                **{quantity: float(amount) for quantity, amount in game.outcomes[coalition].items()},
            }
            for game in games
            for coalition in game.coalitions
        ]
    )


def _frame(rows: Sequence[dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.DataFrame(rows)
    for column in {"low", "high"} & set(frame.columns):
        frame[column] = frame[column].astype("Float64")
    return frame
