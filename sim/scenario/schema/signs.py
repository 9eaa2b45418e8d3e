"""Signs: facts about contacts that tiers may ask for."""

from sim.scenario.bounds import Factor, Lift, Probability
from sim.scenario.distributions import Distribution
from sim.scenario.scalars import Duration
from sim.scenario.schema.base import Part, Sparse, Word


class SignByStage(Part):
    """Probability that a sign is seen at a stage of an episode."""

    contact: Probability
    """Probability that the sign is seen at the contact that makes somebody engage. More: more alerts show the sign.
    Example: `0.01`"""
    engaged: Probability
    """Probability that the sign is seen when the person has engaged. More: more alerts show the sign. Example: `0.03`
    """
    opened: Probability
    """Probability that the sign is seen when the site or app is opened. More: more alerts show the sign before the
    first payment. Example: `0.1`"""
    payment: Probability
    """Probability that the sign is seen at a payment. More: more alerts show the sign when money begins to flow.
    Example: `0.7`"""


class Sign(Sparse):
    """A fact about a contact that a tier may ask for, such as a transfer under way; both detectors see the same.

    Each contact and each stage has its own draw.
    """

    episode: SignByStage
    """Probability that the sign is seen in an episode, by stage."""
    ignored: Probability
    """Probability that the sign is seen at an attempt that was answered and not believed. More: more false signs.
    Example: `0.01`"""
    unanswered: Probability
    """Probability that the sign is seen at an attempt that nobody answered. More: more false signs. Example: `0.005`"""
    legitimate: Probability
    """Probability that the sign is seen at a legitimate contact. More: more false alarms of tiers that ask for the
    sign. Example: `0.02`"""
    types: dict[Word, Factor] | None = None
    """By fraud type, factor of these probabilities, which are 1 at most; other types and legitimate contacts have 1.
    Unit: factor. More: more alerts about this type show the sign. Example: `{police_impersonation: 3}`"""
    delay: Distribution | None = None
    """Time until the sign is known: an alert whose tier it decides leaves its detector that much later; without this
    key it is known at once. More: such alerts arrive later. Example: `{lognormal: {median: 5 min, sigma: 0.7}}`"""
    known_for: Duration | None = None
    """Mean time for which an account that a filed case names is known. With this key the sign is that such an account
    is known: its probabilities are multiplied by the share of the accounts of mules at work that cases of this time
    name. Needs accounts. More: more alerts show the sign. Example: `30 d`"""
    lifts: Lift = 0
    """Tiers by which an alert that shows the sign is raised, up to red; of several signs the largest number counts.
    Unit: tiers. More: more alerts in higher tiers. Example: `1`"""
