"""The routes by which attempts reach people: gangs try again what filters stop, and go where they are stopped less.

A route is a channel, or one class of a channel's numbers. Which class an attempt has does not matter after the filter,
so classes are shares of a channel's attempts, not properties of single ones.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel, Fate
from sim.country.calendar import Days
from sim.country.measures import Measures
from sim.draws.distributions import CERTAIN
from sim.draws.distributions import thresholds as as_thresholds
from sim.draws.functions import fsum
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.fraud import NumberClass, Repeated
from sim.scenario.schema.measures import FilterStrength, SourceRegulation
from sim.shield import interception
from sim.shield.interception import FILTERED

Array = NDArray[np.float64]
Gates = dict[Fate, NDArray[np.int64]]

WHOLE = NumberClass(share=1.0, legitimate=0.0)
"""All of a channel whose attempts are alike."""

NO_RETRY = Repeated(share=0.0, usual=0.0)
"""What gangs do in a channel without ``fraud.retry``: nothing."""


class OnRoutes(NamedTuple):
    """What measures do to routes on a day, (P, R) each.

    Attributes:
        shift: Of the d' of a class.
        closed: Share of a class that is not sent, by regulation of the class.
        regulated: Share that is not sent, by regulation of the class or of all of its channel.
    """

    shift: Array
    closed: Array
    regulated: Array


class Routes:
    """The R routes of a scenario, by channel and by class in the order of the scenario.

    ``names`` of classes are empty for a whole channel; ``channel`` (R,) its code. ``found`` has, by dotted key, the
    usual shares of ``fraud.retry`` that are not stated.
    """

    def __init__(self, spec: ScenarioModel) -> None:
        self._spec = spec
        found = [(code, name, one) for code in Channel for name, one in _classes(spec, code).items()]
        retries = [getattr(spec.fraud.retry, code.label, None) or NO_RETRY for code, _, _ in found]
        self.names = [name for _, name, _ in found]
        self.channel = np.array([code for code, _, _ in found])
        self._filtered = self.channel < len(FILTERED)
        self._share = np.array([one.share for _, _, one in found])
        self._legitimate = np.array([one.legitimate for _, _, one in found])
        self._offset = np.array([one.offset for _, _, one in found])
        self._again = np.array([one.share for one in retries])
        self._displaced = np.array([one.displaced for one in retries])
        of_channel = [getattr(spec.interception, name).threshold for name in FILTERED]
        self._limits = np.array([of_channel[code] for code in self.channel[self._filtered]])
        unsaid = {code for code, one in zip(self.channel.tolist(), retries, strict=True) if one.usual is None}
        shares = {code: self._stopped_at_first(code) for code in sorted(unsaid)}
        self.found = {f"fraud.retry.{FILTERED[code]}.usual": share for code, share in shares.items()}
        of_retry = [shares.get(code, one.usual) for code, one in zip(self.channel.tolist(), retries, strict=True)]
        of_class = [one.usual for _, _, one in found]
        self._usual = np.array([one if own is None else own for own, one in zip(of_class, of_retry, strict=True)])

    @classmethod
    def of(cls, spec: ScenarioModel) -> Self | None:
        """Return the routes of a scenario; None where attempts are as stated and all of a channel are alike."""
        return cls(spec) if spec.fraud.retry is not None or spec.fraud.classes is not None else None

    def sent(self, stated: Array, gates: Gates, d_prime: Array, of_day: OnRoutes) -> tuple[Array, Gates]:
        """Return the attempts of a day.

        Args:
            stated: (P, 3, T) attempts if each filter stops the usual share.
            gates: Thresholds of gates 1, (P, 3), and 4, (P, 2, T), for channels whose attempts are alike.
            d_prime: (P, 2) of the filters.
            of_day: What measures do to routes.

        Returns:
            Attempts, (P, 3, T), and gates 1, (P, 3, T), and 4. Without retries, displacement and classes all are as
            given.
        """
        caught = np.zeros((len(stated), len(self.channel), stated.shape[2]))
        shifted = d_prime[:, self.channel[self._filtered]] + (self._offset + of_day.shift)[:, self._filtered]
        caught[:, self._filtered] = interception.caught(self._spec, shifted, self._limits) / CERTAIN
        usual, again = self._usual[:, None], self._again[:, None]
        first = stated[:, self.channel] * (self._share * (1.0 - self._again * self._usual))[:, None]
        regulated = of_day.regulated[..., None]
        given_up = regulated + (1.0 - regulated) * lost(caught, again) - lost(usual, again)
        first = first + self._moved(first, np.maximum(given_up, 0.0))
        tried = first / (1.0 - again * caught)
        open_share = 1.0 - of_day.closed[..., None]
        reaching = tried * open_share
        rates = np.stack([tried[:, self.channel == code].sum(axis=1) for code in Channel], axis=1)
        return rates, self._mixed(gates, tried, reaching, caught)

    def false_blocks(self, by_filters: Array, of_day: OnRoutes) -> Array:
        """Return the share of legitimate calls and SMS that are stopped, (P, 2), from those that filters stop, (2,)."""
        stopped = self._legitimate * of_day.closed
        closed = np.stack([stopped[:, self.channel == code].sum(axis=1) for code in range(len(FILTERED))], axis=1)
        shares: Array = by_filters + (1.0 - by_filters) * closed
        return shares

    def _stopped_at_first(self, code: int) -> float:
        """Return the share of a channel's attempts that its filter stops at first, without measures.

        Classes have their stated shares, types their weights on ``fraud.reference``.
        """
        spec, own = self._spec, self.channel == code
        name = FILTERED[code]
        d_prime = getattr(spec.interception, name).d_prime - interception.usual_loss(spec.interception)[code]
        stopped = interception.caught(spec, d_prime + self._offset[own], self._limits[own[self._filtered]]) / CERTAIN
        mix = np.array([getattr(kind.mix, name) for kind in spec.fraud.types.values()])
        weights = self._share[own, None] * mix
        return fsum((weights * stopped).ravel()) / fsum(weights.ravel())

    def _moved(self, first: Array, given_up: Array) -> Array:
        """Return the attempts that come to each route from the others, (P, R, T), in proportion to its own."""
        moved = np.zeros_like(first)
        for at, share in enumerate(self._displaced.tolist()):
            if share > 0.0:
                others = first.copy()
                others[:, at] = 0.0
                whole = others.sum(axis=1, keepdims=True)
                parts = _ratio(others, whole, np.zeros_like(others))
                moved += parts * (share * first[:, at] * given_up[:, at])[:, None]
        return moved

    def _mixed(self, gates: Gates, tried: Array, reaching: Array, caught: Array) -> Gates:
        """Return gates 1 and 4, with the mean of the routes of channels that have several."""
        sent = np.repeat(gates[Fate.NOT_SENT][..., None], tried.shape[2], axis=2)
        intercepted = gates[Fate.INTERCEPTED].copy()
        for code in range(len(FILTERED)):
            own = self.channel == code
            if own.sum() > 1:
                whole, left = tried[:, own].sum(axis=1), reaching[:, own].sum(axis=1)
                stopped = (reaching * caught)[:, own].sum(axis=1)
                open_share = _ratio(left, whole, np.ones_like(left))
                sent[:, code] = as_thresholds(1.0 - (1.0 - sent[:, code] / CERTAIN) * open_share)
                mean = _ratio(stopped, left, intercepted[:, code] / CERTAIN)
                intercepted[:, code] = as_thresholds(mean)
        return {Fate.NOT_SENT: sent, Fate.INTERCEPTED: intercepted}


def lost(caught: Array, again: Array) -> Array:
    """Return the share of attempts that gangs give up where a filter stops ``caught``, and ``again`` is tried again."""
    given_up: Array = caught * (1.0 - again) / (1.0 - again * caught)
    return given_up


def _ratio(part: Array, whole: Array, otherwise: Array) -> Array:
    """Return a part by its whole; ``otherwise`` where the whole is 0."""
    ratio: Array = np.divide(part, whole, out=otherwise, where=whole > 0.0)
    return ratio


def by_day(spec: ScenarioModel, measures: Measures, days: Days, codes: Sequence[int]) -> OnRoutes:
    """Return what measures do to the routes on each day, (D, P, R); without routes R is 0."""
    routes = Routes.of(spec)
    names = routes.names if routes else []
    channels = [Channel(code) for code in routes.channel] if routes else []
    shift = np.zeros((len(codes), len(names), len(days)))
    closed, left = np.ones_like(shift), np.ones_like(shift)
    for p, code in enumerate(codes):
        for at, (channel, name) in enumerate(zip(channels, names, strict=True)):
            for strength, ramp in measures.over(days, FilterStrength, code):
                if strength.acts_on == channel and name in (strength.classes or []):
                    shift[p, at] += strength.intensity * ramp
            for regulation, ramp in measures.over(days, SourceRegulation, code):
                if regulation.acts_on == channel:
                    share = 1.0 - regulation.intensity * ramp
                    if not regulation.classes or name in regulation.classes:
                        left[p, at] *= share
                    if name in (regulation.classes or []):
                        closed[p, at] *= share
    return OnRoutes(*(values.transpose(2, 0, 1) for values in (shift, 1.0 - closed, 1.0 - left)))


def _classes(spec: ScenarioModel, channel: Channel) -> dict[str, NumberClass]:
    """Return the classes of a channel by name; one without a name where its attempts are alike."""
    named: dict[str, NumberClass] | None = getattr(spec.fraud.classes, channel.label, None)
    return named or {"": WHOLE}
