"""What a user should know of a run before they trust it, in one line each."""

from sim.country.schedule import FEW_SERVERS, thin_desks, thin_desks_of
from sim.engines.tables import Tables
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.population import COUNTRY
from sim.words import DESK_LABELS


def of_scale(spec: ScenarioModel, tables: Tables) -> list[str]:
    """Return the warning that desks are too small at this scale for their waits to be the country's."""
    first, last = tables.calendar.start, tables.calendar.last
    thin = thin_desks(tables.schedule, first, last)
    desks = len(DESK_LABELS) * len(tables.provinces)
    closed = tables.schedule.never_staffed(first, last)
    lines = [f"desks: {closed} of {desks} desks never have staff, so what is sent to them expires"] if closed else []
    if not thin or spec.scale == 1.0:  # a small country's desks are what they are
        return lines
    return [
        *lines,
        f"scale {spec.scale:g}: {thin} of {desks} desks have fewer than {FEW_SERVERS:g} staff x scale, so waits are "
        f"shorter than the country's{_offer(spec)}",
    ]


def _offer(spec: ScenarioModel) -> str:
    """Return what pooling would do for desks that are few by their scale, where it can be done."""
    pooled = spec.pooled_further(COUNTRY)
    if pooled is None:
        return ""
    thin = thin_desks_of(pooled)
    return f"; with --pool country {thin or 'none'} of {len(DESK_LABELS)} desks would have"


def of_cards(spec: ScenarioModel, heaviest: float) -> list[str]:
    """Return a warning if some province's cards had to send more in a month than cards can, in attempts a day."""
    most = spec.cards.max_attempts_per_card_day
    if heaviest <= most:
        return []
    return [
        f"cards.per_thousand_people: up to {heaviest:.1f} attempts a card and day over a month, more than the "
        f"{most:g} that a card can send"
    ]
