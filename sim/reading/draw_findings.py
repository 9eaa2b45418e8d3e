"""Findings about stored answers: totals that lie outside their interval over the posterior draws."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, between, percent
from sim.language.spoken import said, telling_in
from sim.reading.draw_intervals import TWENTIETHS
from sim.reading.headline import HEADLINE
from sim.reading.row import Row, finding
from sim.reading.stored_answers import stored_answers

if TYPE_CHECKING:
    from sim.scenario import Scenario


def outside_draws(scenario: "Scenario", totals: Mapping[str, Any]) -> list[Row]:
    """Return a finding for each total of the headline that lies outside its 90 % interval over the stored draws.

    Then the scenario's own values and its draws tell two stories. ``totals`` are those of a run of the scenario: their
    ``limit`` is the interval of ``stored_answers``, without run-to-run noise.
    """
    stored = stored_answers(scenario)
    if stored is None:
        return []
    window = [day.isoformat() for day in (scenario.spec.period.start, scenario.spec.period.end)]
    rows = []
    for name, ends in stored.outside().items():
        if name not in totals:  # runs of older versions lack some
            continue
        value = totals[name]
        low, high = (value * end for end in ends)
        words = {
            "value": amount(value),
            "interval": between(low, high),
            "level": percent(1 - 2 / TWENTIETHS),
            "number": str(stored.draws),
        }
        with telling_in(scenario.spec.terms):
            sentence = said(
                "{value} {quantity}: outside the interval over draws, {interval} ({level} of {number} posterior "
                "draws).",
                quantity=said(HEADLINE[name]),
                **words,
            )
        rows.append(finding("outside_draws", name, window, value, [low, high], sentence))
    return rows
