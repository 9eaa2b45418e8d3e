"""After the fraud: reports, stop-payment, filing, investigation, arrests."""

from sim.scenario.bounds import Cases, Count, Each, Growth, Probability
from sim.scenario.distributions import Distribution
from sim.scenario.scalars import Day, Duration
from sim.scenario.schema.base import Part


class Report(Part):
    """A victim reports with a probability, after a delay from the end of the episode."""

    probability: Probability
    delay: Distribution


class StopPayment(Part):
    """Share of a payment that a stop-payment order recovers at once after it; it halves every ``half_life``."""

    share: Probability
    half_life: Duration


class Filing(Part):
    """Delay between report and filing of the case."""

    delay: Distribution


class Investigation(Part):
    """Cases that all provinces can finish in a day on ``reference``, growing by ``growth`` per year (log units).

    A case that is taken is solved with probability ``solved``, else closed unsolved. ``backlog`` cases wait at
    the start. Capacity and backlog are shared out by population.
    """

    capacity: Cases
    reference: Day
    growth: Growth
    solved: Probability
    backlog: Count


class Suspects(Part):
    """Suspects arrested for each solved case and for each eliminated card (sellers)."""

    per_case: Each
    per_card: Each


class Aftermath(Part):
    """What follows an episode."""

    report: Report
    stop_payment: StopPayment
    filing: Filing
    investigation: Investigation
    suspects: Suspects
