"""The awareness of people, which fades and which education renews."""

import math

import numpy as np
from numpy.typing import NDArray

from sim.country.measures import days_of, positions
from sim.draws.remainders import fixed
from sim.midnight.ledger import NATION
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals
from sim.scenario.schema.measures import Activities, Videos
from sim.shield import engagement


class Awareness:
    """``levels`` (P, G) of awareness by province and segment; ``people`` (P, G) of the country in each.

    Where education treats groups of ages unlike, a segment has a part for each group, and both are (P, G x groups).
    """

    name = "awareness"

    def __init__(self, common: Common) -> None:
        self._common = common
        spec, codes = common.spec, common.provinces.codes
        segments = spec.population.occupation.segments
        settings = spec.engagement.awareness
        self.people = engagement.segment_people(spec)
        self.levels = np.full((len(codes), len(self.people[0])), settings.start)
        self._groups = len(self.people[0]) // len(segments)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Fade awareness, renew it by yesterday's education, and count today's."""
        common = self._common
        codes, share = common.provinces.codes, common.provinces.share
        gains = np.zeros_like(self.levels)
        if day > common.calendar.first:
            gains = common.timetable.gains[common.timetable.row(day - 1)]
        engagement.renew(self.levels, common.spec.engagement.awareness, gains)
        for videos in common.measures.on(day, Videos):
            for quantity, count in (("videos_published", videos.count), ("video_views", videos.views)):
                counted = common.remainders.whole(NATION, quantity, fixed(count / days_of(videos.window)))
                common.ledger.flow(day, NATION, quantity, counted)
        for activities in common.measures.on(day, Activities):
            places = positions(activities, codes)
            a_day = activities.count / days_of(activities.window)
            among = math.fsum(share[p] for p in places)
            values = [0] * len(codes)
            for p in places:
                values[p] = fixed(a_day * share[p] / among)
            counts = common.remainders.wholes("awareness_activities", values)
            common.ledger.flow_by_province(day, "awareness_activities", np.array(counts))

    def note(self, day: int) -> None:
        """Note the mean level of each province on a day."""
        means = [math.fsum(row) / len(row) for row in self.by_segment().tolist()]
        self._common.ledger.level_by_province(day, "awareness", np.array(means))

    def by_segment(self) -> NDArray[np.float64]:
        """Return the mean level of each segment over its people, (P, G)."""
        if self._groups == 1:
            return self.levels
        weights = np.array(self.people).reshape(len(self.people), -1, self._groups)
        weighted = self.levels.reshape(weights.shape) * weights
        sums, people = ([list(map(math.fsum, row)) for row in part.tolist()] for part in (weighted, weights))
        return np.asarray(np.array(sums) / np.array(people))

    def hold(self, values: NDArray[np.float64], changed: NDArray[np.bool_]) -> None:
        """Set the level of all people of the segments that are ``changed`` to ``values``, both (P, G)."""
        parts = changed.repeat(self._groups, axis=1)
        self.levels[parts] = values.repeat(self._groups, axis=1)[parts]
