"""Laws that hold in every run, checked at its end: a violation is an error, never a warning."""

from collections import Counter
from dataclasses import dataclass, field

from sim.gates.fates import ENGAGED


class ConservationError(Exception):
    """A count of a run does not add up: the engine is wrong, and so would its results be."""


@dataclass
class Books:
    """What an engine counts twice, on the way in and on the way out (warm-up included).

    ``potential`` attempts opened at midnights against ``fates``; ``episodes`` begun against ``episode_ends`` (saved,
    dropped_out, victims, held, running: without a payment yet); ``issued`` alerts against ``alert_ends``; messages
    ``delivered`` against those read, unread or left behind by their alert (``messages``); services started against
    those ended and those under way; ``filed`` cases against the case book.
    """

    potential: int = 0
    fates: Counter[int] = field(default_factory=Counter)
    episodes: int = 0
    episode_ends: Counter[str] = field(default_factory=Counter)
    issued: int = 0
    alert_ends: Counter[int] = field(default_factory=Counter)
    filed: int = 0
    delivered: int = 0
    messages: int = 0
    services_started: int = 0
    services_ended: int = 0
    services_under_way: int = 0

    def check(self, laws: list[tuple[str, int, int]]) -> None:
        """Raise ``ConservationError`` naming every law that is broken, these and the further ``laws``."""
        all_laws = [
            ("potential attempts = sum of fates", self.potential, sum(self.fates.values())),
            ("episodes = engaged attempts", self.episodes, self.fates[ENGAGED]),
            ("episodes = sum of their ends", self.episodes, sum(self.episode_ends.values())),
            ("alerts issued = sum of ends", self.issued, sum(self.alert_ends.values())),
            ("messages delivered = read + unread + left behind", self.delivered, self.messages),
            (
                "services started = ended + under way",
                self.services_started,
                self.services_ended + self.services_under_way,
            ),
            *laws,
        ]
        broken = [f"{law}: {left} against {right}" for law, left, right in all_laws if left != right]
        if broken:
            raise ConservationError("; ".join(broken))
