"""The log of a run as data: alerts with all that happened to them, attempts, the stages of episodes."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import sim
from sim.scenario import ScenarioModel

DAY = 86_400_000
DESKS = ("call", "visit")
TIERS = ("red", "orange", "yellow", "blue")
SERVICE_ENDS, STAGE_MOMENTS, READS, ARRIVALS, DISPATCH = 2, 3, 4, 6, 7

Row = dict[str, Any]
Place = tuple[int, int]
"""A moment, and a phase in it."""


def place(row: Row) -> Place:
    """Return when an event happened."""
    return row["moment"], row["phase"]


def reaches(row: Row) -> bool:
    """Return whether an event says that a person was reached."""
    return row["event"] == "read" or row["result"] in ("answered", "met")


@dataclass
class Life:
    """What the log says of one alert: its issue and then everything that happened to it, in order."""

    origin: int
    stage: int
    detector: int
    issue: Row
    rest: list[Row] = field(default_factory=list)

    @property
    def key(self) -> tuple[int, int, int]:
        """What names it."""
        return self.origin, self.stage, self.detector

    @property
    def issued(self) -> int:
        """Moment of issue."""
        return int(self.issue["moment"])

    @property
    def end(self) -> Row | None:
        """How it ended; None if it was open when the run ended."""
        return next((e for e in self.rest if e["event"] == "end"), None)

    def ended_before(self, moment: int, phase: int) -> bool:
        """Return whether it had ended before a phase of a tick."""
        return self.end is not None and (self.end["moment"], self.end["phase"]) < (moment, phase)

    def served_at(self, moment: int, channels: Collection[str] = DESKS) -> int:
        """Return how many services, by some channels, began before a moment and ended after it."""
        served = [e for e in self.rest if e["channel"] in channels]
        started = sum(e["event"] == "service_start" and e["moment"] < moment for e in served)
        ended = sum(e["event"] == "service_end" and e["moment"] <= moment for e in served)
        return started - ended

    @property
    def reached(self) -> Row | None:
        """The first event by which its person was reached; None if there was none."""
        return next((e for e in self.rest if reaches(e)), None)


class Log:
    """The events of a run without a warm-up, and the scenario that it was run with."""

    def __init__(self, run: sim.Run) -> None:
        self.run = run
        self.spec: ScenarioModel = run.scenario.spec
        columns = run.events.astype(object).where(run.events.notna(), None).to_dict("list")
        self.rows: list[Row] = [
            dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
        ]
        self.days = (self.spec.period.end - self.spec.period.start).days + 1
        self.lives: dict[tuple[int, int, int], Life] = {}
        self.superseded: dict[tuple[int, int, int], Place] = {}
        self.attempts: dict[int, Row] = {}
        self.stages: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows:
            key = (row["origin"], row["stage"], row["detector"])
            if row["event"] == "issue":
                assert key not in self.lives, "issued twice"
                self.lives[key] = Life(*key, row)
            elif row["event"] == "attempt":
                assert row["origin"] not in self.attempts, "attempted twice"
                self.attempts[row["origin"]] = row
            elif row["event"] in ("stage", "payment"):
                self.stages[row["origin"]].append(row)
            elif row["detector"] is not None:
                self.lives[key].rest.append(row)

    def tier(self, life: Life) -> Any:
        """Return the rules of an alert's tier."""
        return getattr(self.spec.warning.tiers, life.issue["tier"])

    def deadline(self, life: Life) -> int:
        """Return the moment of an alert's deadline."""
        clock = self.spec.clock
        return life.issued + max(1, int(self.tier(life).deadline / clock + 0.5)) * clock

    def ticks(self, ms: int) -> int:
        """Return a time on the clock, at least a tick."""
        return max(1, int(ms / self.spec.clock + 0.5)) * self.spec.clock

    def date(self, moment: int) -> dt.date:
        """Return the date of a moment."""
        return self.spec.period.start + dt.timedelta(days=moment // DAY)

    def more_is_left(self, life: Life, service: Row) -> bool:
        """Return whether another try or an escalation could follow a service."""
        if service["number"] + 1 < getattr(self.tier(life).tries, service["channel"]):
            return True
        return any(service["channel"] in track[:-1] for track in self.tracks(life))

    def tracks(self, life: Life) -> list[list[str]]:
        """Return the channels of each track of an alert in their order; an app message may go out as an SMS instead.

        No channel belongs to two tracks: none escalates to one with which another begins.
        """
        tier = self.tier(life)
        found = []
        for first in tier.first:
            track = ["app", "sms"] if first == "app" else [first]
            if track[-1] == "sms" and tier.escalate.unread == "call" and "call" not in tier.first:
                track.append("call")
            if track[-1] == "call" and tier.escalate.unanswered == "visit" and "visit" not in tier.first:
                track.append("visit")
            found.append(track)
        assert len({channel for track in found for channel in track}) == sum(len(track) for track in found)
        return found

    def over(self, origin: int) -> Row | None:
        """Return the event that ended an episode; None if it went on or if the last payment may have ended it."""
        rows = self.stages.get(origin)
        return rows[-1] if rows and rows[-1]["result"] is not None else None

    def episodes(self) -> list[list[Life]]:
        """Return the alerts of each episode in the order of their issue."""
        episodes = defaultdict(list)
        for life in self.lives.values():
            attempt = self.attempts.get(life.origin)
            if attempt is not None and attempt["result"] == "engaged":
                episodes[life.origin].append(life)
            else:
                # Nothing else can take the place of another alert.
                assert life.end is None or life.end["result"] not in ("superseded", "moot")
        return [sorted(lives, key=lambda life: (life.issued, life.stage, life.detector)) for lives in episodes.values()]

    def ends_of_alerts(self) -> Counter[Any]:
        """Return how many alerts ended how, by day of issue, province, source, tier, truth and end."""
        ends: Counter[Any] = Counter()
        for life in self.lives.values():
            attempt = self.attempts.get(life.origin)
            truth = (
                "legitimate" if attempt is None else "episode" if attempt["result"] == "engaged" else attempt["result"]
            )
            # Who was reached when the run ended counts so, though other tracks went on.
            end = life.end["result"] if life.end is not None else "open" if life.reached is None else "reached"
            source = ("central", "local")[life.detector]
            ends[(self.date(life.issued), life.issue["province"], source, life.issue["tier"], truth, end)] += 1
        return ends


def counted(table: Any, column: str) -> Counter[str]:
    """Return the counts of a table by one of its columns."""
    return Counter(table.groupby(column)["count"].sum().to_dict())


def rows_of(table: Any, *columns: str, measure: str = "count") -> Counter[Any]:
    """Return the counts of a table by some of its columns; days as dates, and no zeros."""
    sums = table.groupby(list(columns), observed=True)[measure].sum()
    counts = {
        tuple(key.date() if hasattr(key, "date") else key for key in keys): int(count)
        for keys, count in sums.items()
        if count
    }
    return Counter(counts)


def rank(life: Life) -> int:
    """Return the urgency of an alert, 0 for red."""
    return TIERS.index(life.issue["tier"])
