"""The routes by which attempts reach people: gangs try again what filters stop, and go where they are stopped less.

A route is a channel, or one class of a channel's numbers or accounts. Which class an attempt has does not matter after
gate 6, so classes are shares of a channel's attempts, not properties of single ones.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel, Fate
from sim.country.calendar import Days, Measures, growth
from sim.draws.distributions import CERTAIN
from sim.draws.distributions import thresholds as as_thresholds
from sim.draws.functions import fsum
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.fraud import AttemptClass, Displaced, NumberClass, Repeated
from sim.scenario.schema.measures import Blocking, FilterStrength, Label, SourceRegulation
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
        blocked: Share that leads to accounts of the class that are blocked.
        unheeded: Share of the answers that a label of the class prevents.
        growth: Factor of the share of a class, before those of a channel add up to 1.
    """

    shift: Array
    closed: Array
    regulated: Array
    blocked: Array
    unheeded: Array
    growth: Array


class Sent(NamedTuple):
    """The attempts of a day, and what depends on their routes.

    Attributes:
        rates: (P, 3, T) attempts made.
        gates: Thresholds of gates 1, (P, 3, T), 3 and 4, (P, 2, T), 5 and 6, (P, 3, T).
        shares: (P, R, T) of the attempts of a channel that pass gates 1 to 6, the share of each of its routes.
        card_shares: Of the attempts that filters stop, and of those that pass gate 3, the share from cards, (P,) each;
            None where all are from cards.
    """

    rates: Array
    gates: Gates
    shares: Array
    card_shares: tuple[Array, Array] | None


class Routes:
    """The R routes of a scenario, by channel and by class in the order of the scenario.

    ``names`` of classes are empty for a whole channel; ``channel`` (R,) its code; ``growth`` (R,) of their shares, in
    log units a year. ``found`` has, by dotted key, the usual shares of ``fraud.retry`` that are not stated.
    """

    def __init__(self, spec: ScenarioModel) -> None:
        self._spec = spec
        found = spec.fraud.contacts()
        retries = [_retry(getattr(spec.fraud.retry, code.label, None)) for code, _, _ in found]
        self.names = [name for _, name, _ in found]
        self.channel = np.array([code for code, _, _ in found])
        self._filtered = self.channel < len(FILTERED)
        classes = [one or WHOLE for _, _, one in found]
        self.growth = [one.growth or 0.0 for one in classes]
        self._grows = any(self.growth)
        numbers = [one if isinstance(one, NumberClass) else WHOLE for one in classes]
        self._legitimate = np.array([one.legitimate for one in numbers])
        self._offset = np.array([one.offset for one in numbers])
        self._cards = np.array([1.0 if one.cards is None else one.cards for one in numbers])
        self._without_cards = bool((self._cards < 1.0).any())
        self._classed = np.array([bool(name) for name in self.names])
        self._share = self._shares(classes)
        self._again = np.array([one.share for one in retries])
        self._displaced = np.array([one.displaced for one in retries])
        of_channel = [getattr(spec.interception, name).threshold for name in FILTERED]
        self._limits = np.array([of_channel[code] for code in self.channel[self._filtered]])
        unsaid = {code for code, one in zip(self.channel.tolist(), retries, strict=True) if one.usual is None}
        shares = {code: self._stopped_at_first(code) for code in sorted(unsaid)}
        self.found = {f"fraud.retry.{FILTERED[code]}.usual": share for code, share in shares.items()}
        of_retry = [shares.get(code, one.usual) for code, one in zip(self.channel.tolist(), retries, strict=True)]
        of_class = [one.usual for one in numbers]
        self._usual = np.array([one if own is None else own for own, one in zip(of_class, of_retry, strict=True)])

    @classmethod
    def of(cls, spec: ScenarioModel) -> Self | None:
        """Return the routes of a scenario; None where attempts are as stated and all of a channel are alike."""
        labelled = any(isinstance(one, Label) for one in spec.measures.values())
        return cls(spec) if spec.fraud.retry is not None or spec.fraud.classes is not None or labelled else None

    def sent(self, stated: Array, gates: Gates, d_prime: Array, of_day: OnRoutes) -> Sent:
        """Return the attempts of a day.

        Args:
            stated: (P, 3, T) attempts if each filter stops the usual share.
            gates: Thresholds of gates 1, (P, 3), 3, (P,), 4, (P, 2, T), 5, (P, 3, T), and 6, (P, 3), for channels whose
                attempts are alike.
            d_prime: (P, 2) of the filters.
            of_day: What measures do to routes.

        Returns:
            Without retries, displacement, classes and labels all are as given.
        """
        caught = np.zeros((len(stated), len(self.channel), stated.shape[2]))
        shifted = d_prime[:, self.channel[self._filtered]] + (self._offset + of_day.shift)[:, self._filtered]
        caught[:, self._filtered] = interception.caught(self._spec, shifted, self._limits) / CERTAIN
        usual, again = self._usual[:, None], self._again[:, None]
        share = self._share if not self._grows else self._whole(self._share * of_day.growth[..., None])
        first = stated[:, self.channel] * (share * (1.0 - self._again * self._usual)[:, None])
        regulated = of_day.regulated[..., None]
        given_up = (
            regulated + (1.0 - regulated) * (lost(caught, again) + of_day.blocked[..., None]) - lost(usual, again)
        )
        first = first + self._moved(first, np.maximum(given_up, 0.0))
        tried = first / (1.0 - again * caught)
        rates = np.stack([tried[:, self.channel == code].sum(axis=1) for code in Channel], axis=1)
        return Sent(rates, *self._mixed(gates, tried, share, caught, of_day))

    def false_blocks(self, by_filters: Array, of_day: OnRoutes) -> Array:
        """Return the share of legitimate calls and SMS that are stopped, (P, 2), from those that filters stop, (2,)."""
        stopped = self._legitimate * of_day.closed
        closed = np.stack([stopped[:, self.channel == code].sum(axis=1) for code in range(len(FILTERED))], axis=1)
        shares: Array = by_filters + (1.0 - by_filters) * closed
        return shares

    def _shares(self, classes: Sequence[AttemptClass]) -> Array:
        """Return the share of each class among the attempts of its channel on ``fraud.reference``, by type, (R, T)."""
        stated = np.array([[one.share] * len(self._spec.fraud.types) for one in classes])
        if not any(one.types for one in classes):
            return stated
        factors = [[(one.types or {}).get(name, 1.0) for name in self._spec.fraud.types] for one in classes]
        return self._whole(stated * np.array(factors))

    def _whole(self, shares: Array) -> Array:
        """Return shares (..., R, T) that add up to 1 over the classes of each channel."""
        found = shares.copy()
        for code in Channel:
            own = self._classed & (self.channel == code)
            if own.any():
                found[..., own, :] = shares[..., own, :] / shares[..., own, :].sum(axis=-2, keepdims=True)
        return found

    def _stopped_at_first(self, code: int) -> float:
        """Return the share of a channel's attempts that its filter stops at first, without measures.

        Classes have their stated shares, types their weights on ``fraud.reference``.
        """
        spec, own = self._spec, self.channel == code
        name = FILTERED[code]
        d_prime = getattr(spec.interception, name).d_prime - interception.usual_loss(spec.interception)[code]
        stopped = interception.caught(spec, d_prime + self._offset[own], self._limits[own[self._filtered]]) / CERTAIN
        mix = np.array([getattr(kind.mix, name) for kind in spec.fraud.types.values()])
        weights = self._share[own] * mix
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

    def _mixed(
        self, gates: Gates, tried: Array, share: Array, caught: Array, of_day: OnRoutes
    ) -> tuple[Gates, Array, tuple[Array, Array] | None]:
        """Return the gates, shares and cards of ``Sent``: the means of the routes of channels that have classes."""
        dead = (gates[Fate.CARD_ELIMINATED] / CERTAIN)[:, None, None]
        sent = np.repeat(gates[Fate.NOT_SENT][..., None], tried.shape[2], axis=2)
        eliminated = np.tile(gates[Fate.CARD_ELIMINATED][:, None, None], (len(FILTERED), tried.shape[2]))
        intercepted, down = gates[Fate.INTERCEPTED].copy(), gates[Fate.SITE_BLOCKED].copy()
        left = tried * (1.0 - of_day.closed[..., None])
        reaching = left * (1.0 - dead * self._cards[:, None]) if self._without_cards else left
        stopped = reaching * caught
        passing = (reaching - stopped) * (1.0 - of_day.blocked[..., None])
        answered = passing * (1.0 - of_day.unheeded[..., None])
        unanswered = np.repeat(gates[Fate.UNANSWERED][..., None], tried.shape[2], axis=2)
        for code in Channel:
            own = self.channel == code
            if of_day.unheeded[:, own].any():
                heeded = _ratio(answered[:, own].sum(axis=1), passing[:, own].sum(axis=1), np.ones_like(answered[:, 0]))
                unanswered[:, code] = as_thresholds(1.0 - (1.0 - unanswered[:, code] / CERTAIN) * heeded)
        shares = np.ones_like(tried)
        for code in Channel:
            own = self._classed & (self.channel == code)
            if not own.any():
                continue
            parts = [amounts[:, own].sum(axis=1) for amounts in (tried, left, reaching, stopped, passing)]
            made, sent_on, with_cards, caught_there, through = parts
            open_share = _ratio(sent_on, made, np.ones_like(made))
            sent[:, code] = as_thresholds(1.0 - (1.0 - sent[:, code] / CERTAIN) * open_share)
            usual = np.broadcast_to(share, passing.shape)[:, own].copy()
            shares[:, own] = _ratio(answered[:, own], answered[:, own].sum(axis=1)[:, None], usual)
            if code < len(FILTERED):
                mean = _ratio(caught_there, with_cards, intercepted[:, code] / CERTAIN)
                intercepted[:, code] = as_thresholds(mean)
                if self._without_cards:
                    working = _ratio(with_cards, sent_on, 1.0 - eliminated[:, code] / CERTAIN)
                    eliminated[:, code] = as_thresholds(1.0 - working)
            else:
                up = _ratio(through, with_cards - caught_there, np.ones_like(through))
                down[:, code] = as_thresholds(1.0 - (1.0 - down[:, code] / CERTAIN) * up)
        found = {Fate.NOT_SENT: sent, Fate.CARD_ELIMINATED: eliminated, Fate.INTERCEPTED: intercepted}
        found |= {Fate.SITE_BLOCKED: down, Fate.UNANSWERED: unanswered}
        return found, shares, self._card_shares(gates, dead, reaching, stopped) if self._without_cards else None

    def _card_shares(self, gates: Gates, dead: Array, reaching: Array, stopped: Array) -> tuple[Array, Array]:
        """Return the share from cards of what filters stop, and of what passes gate 3, (P,) each."""
        free = (1.0 - gates[Fate.NOT_SENT] / CERTAIN)[:, self.channel, None] * (
            1.0 - gates[Fate.DEN_DESTROYED] / CERTAIN
        )
        cards = self._cards[:, None] * (1.0 - dead)
        from_cards = _ratio(cards, cards + 1.0 - self._cards[:, None], np.ones_like(cards))
        shares = []
        for amounts in (stopped, reaching):
            of_numbers = (free * amounts)[:, self._filtered]
            whole = of_numbers.sum(axis=(1, 2))
            with_card = (of_numbers * from_cards[:, self._filtered]).sum(axis=(1, 2))
            shares.append(_ratio(with_card, whole, np.ones_like(whole)))
        return shares[0], shares[1]


def lost(caught: Array, again: Array) -> Array:
    """Return the share of attempts that gangs give up where a filter stops ``caught``, and ``again`` is tried again."""
    given_up: Array = caught * (1.0 - again) / (1.0 - again * caught)
    return given_up


def _ratio(part: Array, whole: Array, otherwise: Array) -> Array:
    """Return a part by its whole; ``otherwise`` where the whole is 0."""
    ratio: Array = np.divide(part, whole, out=otherwise, where=whole > 0.0)
    return ratio


def _retry(given: Repeated | Displaced | None) -> Repeated:
    """Return what gangs do with stopped attempts of a channel: nothing is sent again where there is no filter."""
    if isinstance(given, Displaced):
        return Repeated(share=0.0, usual=0.0, displaced=given.displaced)
    return given or NO_RETRY


def by_day(spec: ScenarioModel, measures: Measures, days: Days, codes: Sequence[int]) -> OnRoutes:
    """Return what measures do to the routes on each day, (D, P, R); without routes R is 0."""
    routes = Routes.of(spec)
    names = routes.names if routes else []
    channels = [Channel(code) for code in routes.channel] if routes else []
    shift = np.zeros((len(codes), len(names), len(days)))
    closed, left, up, heeded = (np.ones_like(shift) for _ in range(4))
    gained = np.ones_like(shift)
    for at, rate in enumerate(routes.growth if routes else []):
        if rate:
            gained[:, at] = growth(rate, days, spec.fraud.reference, until=spec.fraud.grows_until)
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
            for blocking, ramp in measures.over(days, Blocking, code):
                if blocking.acts_on == channel and name in (blocking.classes or []):
                    up[p, at] *= 1.0 - spec.sites.account * blocking.intensity * ramp
            for label, ramp in measures.over(days, Label, code):
                if label.acts_on == channel and (not label.classes or name in label.classes):
                    heeded[p, at] *= 1.0 - label.intensity * ramp
    found = shift, 1.0 - closed, 1.0 - left, 1.0 - up, 1.0 - heeded, gained
    return OnRoutes(*(values.transpose(2, 0, 1) for values in found))
