"""What a user should know of a run before they trust it, in one line each."""

from sim.engines.tables import Tables
from sim.labels import DESK_CHANNELS
from sim.scenario.schema import ScenarioModel
from sim.warning.service import FEW_SEATS, thin_desks


def of_scale(spec: ScenarioModel, tables: Tables) -> list[str]:
    """Return the warning that desks are too small at this scale for their waits to be the country's."""
    thin = thin_desks(spec, tables.provinces)
    if not thin:
        return []
    desks = len(DESK_CHANNELS) * len(tables.provinces)
    return [
        f"scale {spec.scale:g}: {thin} of {desks} desks have fewer than {FEW_SEATS:g} staff x scale, so waits are "
        "shorter than the country's"
    ]


def of_cards(spec: ScenarioModel, attempts: list[int], card_days: list[float]) -> list[str]:
    """Return a warning for the provinces whose cards would have to send more than a card can on a day.

    ``attempts`` came to the gate of the cards by province over the whole run; ``card_days`` are active cards summed
    over its days.
    """
    most = spec.cards.max_attempts_per_card_day
    loads = [count / max(days, 1e-9) for count, days in zip(attempts, card_days, strict=True)]
    over = [load for load in loads if load > most]
    if not over:
        return []
    return [
        f"cards.per_thousand_people: up to {max(loads):.1f} attempts a card and day in {len(over)} provinces, more "
        f"than the {most:g} that a card can send"
    ]
