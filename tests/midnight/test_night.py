"""Midnight: its steps in their order, and what of yesterday may be seen today."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import sim
from sim.aftermath import Finished
from sim.base.days import day_number
from sim.base.words import Channel, Fate, OriginKind
from sim.country.calendar import Calendar
from sim.country.people import people_tables
from sim.country.provinces import Provinces, Spread, at_once
from sim.draws.distributions import CERTAIN, threshold
from sim.draws.identity import attempt_id, unpack
from sim.midnight.night import Night
from sim.midnight.people import HEARD, VICTIM
from sim.midnight.slots import raided_thresholds
from sim.midnight.today import LOST, NO_OUTAGE, DayTotals, Today
from sim.scenario import ScenarioModel
from sim.shield.answering import answering_tables
from sim.shield.interception import thresholds_of
from sim.shield.thresholds import GATES
from tests.slots import TINY


class Notes:
    """Keeps what a night writes down."""

    def __init__(self) -> None:
        self.flows: dict[tuple[int, int, str], int] = defaultdict(int)
        self.levels: dict[tuple[int, int, str], float] = {}
        self.finished: list[tuple[int, int, int, bool]] = []
        self.filed: dict[int, np.ndarray] = {}

    def flow(self, day: int, province: int, quantity: str, count: int) -> None:
        self.flows[(day, province, quantity)] += count

    def level(self, day: int, province: int, quantity: str, value: float) -> None:
        self.levels[(day, province, quantity)] = value

    def flow_by_province(self, day: int, quantity: str, counts: np.ndarray) -> None:
        for p, count in enumerate(counts.tolist()):
            self.flow(day, p, quantity, count)

    def level_by_province(self, day: int, quantity: str, values: np.ndarray) -> None:
        for p, value in enumerate(values.tolist()):
            self.level(day, p, quantity, value)

    def filings(self, day: int, counts: np.ndarray) -> None:
        self.filed[day] = counts

    def cases(self, day: int, finished: Finished) -> None:
        for p, some in enumerate(finished.by_province()):
            for cases, solved in zip(some, (True, False), strict=True):
                self.finished += [(day, p, case, solved) for case in cases.tolist()]


def night_of(spec: ScenarioModel, spread: Spread = at_once) -> tuple[Night, Notes, int]:
    notes = Notes()
    calendar = Calendar.of(spec.period)
    return (
        Night(spec, Provinces.of(spec), answering_tables(spec, people_tables(spec)), calendar, notes, spread),
        notes,
        calendar.first,
    )


def arrays(today: Today) -> dict[str, Any]:
    """Return all that a day holds by name, and the thresholds of each gate by the fate it gives."""
    return {**today._asdict(), **{fate.label: today.stops[fate] for fate in Fate if fate < GATES}}


def scenario(start: str = "2022-01-29", **values: Any) -> ScenarioModel:
    return sim.load_scenario("tiny", period={"start": start, "end": "2022-03-31", "warmup": "0 d"}, **values).spec


def test_the_steps_stand_in_the_order_of_the_model(tiny: ScenarioModel) -> None:
    night, _, _ = night_of(tiny)
    names = [component.name for component in night.components]
    assert names == [
        "cases",
        "filings",
        "pools",
        "cards",
        "settlements",
        "filters",
        "awareness",
        "people",
        "effort",
        "day",
    ]


def test_alerts_heard_are_added_and_then_halved_on_the_first_of_a_month() -> None:
    night, _, first = night_of(scenario("2022-01-31"))
    night(first, DayTotals.empty(3))
    yesterday = DayTotals.empty(3)
    yesterday.heard[1] = [5] * 9 + [6]
    yesterday.victims[1] = [6, 7]
    # 1 February: nine heard are added first, and four are left.
    night(first + 1, yesterday)
    assert [int(night.people.bytes[1][k]) & HEARD for k in (5, 6, 7)] == [4, 0, 0]
    assert [bool(int(night.people.bytes[1][k]) & VICTIM) for k in (5, 6, 7)] == [False, True, True]
    # 2 February: added and not halved.
    night(first + 2, yesterday)
    assert [int(night.people.bytes[1][k]) & HEARD for k in (5, 6, 7)] == [13, 1, 0]
    assert night.people.bytes[0].sum() == night.people.bytes[2].sum() == 0


def loud_day(day: int, arrays: bool) -> DayTotals:
    """A day of which much is to be told, as lists or as the same in arrays."""
    totals = DayTotals.empty(3)
    totals.intercepted[:] = 2 * (40 + day % 7)
    totals.from_cards[:] = 90
    for p in range(3):
        totals.heard[p] = [(day * k) % (50 + p) for k in range(60)]
        totals.victims[p] = [(day + k) % 30 for k in range(4)]
        # Ties in the moment, and moments in no order.
        totals.filed[p] = [((k * 7) % 5, attempt_id(day, p, 0, 0, 0, 40 - k)) for k in range(40)]
        if arrays:
            totals.heard[p] = np.array(totals.heard[p])
            totals.victims[p] = np.array(totals.victims[p])
            totals.filed[p] = np.array(totals.filed[p]) if day % 2 else np.empty((0, 2), dtype=np.int64)
        elif day % 2 == 0:
            totals.filed[p] = []
    return totals


def in_threads(work: Callable[[slice], None], provinces: int) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [slice(p, p + 1) for p in reversed(range(provinces))]))


def test_neither_the_spread_nor_arrays_for_lists_change_anything() -> None:
    plain, told, first = night_of(scenario(feedback=True))
    spread, retold, _ = night_of(scenario(feedback=True), in_threads)
    for day in range(first, first + 8):
        one = plain(day, loud_day(day - 1, arrays=False))
        other = spread(day, loud_day(day - 1, arrays=True))
        theirs = arrays(other)
        for name, value in arrays(one).items():
            assert np.array_equal(value, theirs[name]), name
        assert [people.tobytes() for people in plain.people.bytes] == [
            people.tobytes() for people in spread.people.bytes
        ]
    assert told.finished == retold.finished != []
    assert told.flows == retold.flows
    assert told.levels == retold.levels
    assert max(int(people.max()) for people in plain.people.bytes) > VICTIM


def test_without_feedback_no_count_of_the_run_is_read() -> None:
    spec = scenario(feedback=False)
    quiet, busy = night_of(spec)[0], night_of(spec)[0]
    first = Calendar.of(spec.period).first
    for day in range(first, first + 8):
        loud = DayTotals.empty(3)
        loud.intercepted[:] = 1000
        loud.from_cards[:] = 900
        loud.heard[0] = [1, 2, 3] * 40
        loud.victims[2] = list(range(50))
        loud.filed[1] = [(k, attempt_id(day, 1, 0, 0, 0, k)) for k in range(30)]
        one, other = quiet(day, DayTotals.empty(3)), busy(day, loud if day > first else DayTotals.empty(3))
        theirs = arrays(other)
        for name, value in arrays(one).items():
            assert np.array_equal(value, theirs[name]), name
    assert quiet.cards.stock == busy.cards.stock
    assert quiet.cases.leads == busy.cases.leads > 0
    assert busy.people.bytes[0].sum() == 0
    assert max(quiet.cards.stock.waiting) > 0


def test_with_feedback_interceptions_flag_cards_and_solved_cases_give_leads() -> None:
    spec = scenario(feedback=True)
    quiet, busy = night_of(spec)[0], night_of(spec)[0]
    first = Calendar.of(spec.period).first
    for day in range(first, first + 3):
        loud = DayTotals.empty(3)
        loud.intercepted[1] = 500
        quiet(day, DayTotals.empty(3))
        busy(day, loud if day > first else DayTotals.empty(3))
    assert busy.cards.stock.waiting[1] > quiet.cards.stock.waiting[1]
    assert busy.cards.stock.waiting[0] == quiet.cards.stock.waiting[0]
    assert (busy.today.stops[Fate.CARD_ELIMINATED, 1, :2] == threshold(busy.cards.stock.dead_share(1))).all()


def test_a_day_reads_the_state_that_its_own_midnight_left() -> None:
    tiny = scenario(**TINY)
    night, notes, first = night_of(tiny)
    seen = 0
    for day in range(first, first + 6):
        today = night(day, DayTotals.empty(3))
        assert today.day == day
        dead = today.stops[Fate.CARD_ELIMINATED]
        for p in range(3):
            # The same for all types of the channels that come from cards.
            assert (dead[p, [Channel.CALL, Channel.SMS]] == threshold(night.cards.stock.dead_share(p))).all()
        assert (dead[:, Channel.ONLINE] == 0).all()
        raided = raided_thresholds(night.dens.slots, night.dens.state.raided)
        assert (today.stops[Fate.DEN_DESTROYED] == raided).all()
        seen += raided.sum()
        assert np.array_equal(today.awareness, night.awareness.levels)
        assert today.awareness is not night.awareness.levels
        assert notes.levels[(day, -1, "dens_raided")] == night.dens.state.raided.sum()
        for p in range(3):
            assert notes.levels[(day, p, "d_prime_call")] == night.filters.d_prime[p][0]
            assert notes.levels[(day, p, "d_prime_sms")] == night.filters.d_prime[p][1]
        caught = thresholds_of(tiny, night.filters.d_prime)
        assert (today.stops[Fate.INTERCEPTED, :, : Channel.ONLINE] == caught).all()
    assert seen > 0


def test_cases_are_taken_oldest_first_within_capacity(tiny: ScenarioModel) -> None:
    spec = scenario("2022-01-05", **{"aftermath.investigation.backlog": 0, "aftermath.investigation.growth": 0.0})
    night, notes, first = night_of(spec)
    night(first, DayTotals.empty(3))
    yesterday = DayTotals.empty(3)
    # 200 cases in one province, handed over in no order; 12 a day in the country, 12/21 of them here.
    yesterday.filed[1] = [(1000 - k, attempt_id(first, 1, 0, 0, 0, k)) for k in range(200)]
    night(first + 1, yesterday)
    for day in range(first + 2, first + 21):
        night(day, DayTotals.empty(3))
    oldest = [case for _, case in sorted(yesterday.filed[1])]
    taken: list[int] = []
    for day in range(first, first + 21):
        # The notes of a morning name the solved cases before the closed ones.
        morning = [case for noted, province, case, _ in notes.finished if province == 1 and noted == day]
        assert set(morning) == set(oldest[len(taken) : len(taken) + len(morning)])
        taken += morning
    # Capacity begins to be used on the first morning on which something waits, and none of it is saved up.
    assert abs(len(taken) - 20 * 12 * 12 / 21) <= 1
    assert night.cases.book.backlogs()[1] == 200 - len(taken)
    assert notes.levels[(first + 20, 1, "backlog")] == 200 - len(taken)
    assert len(notes.finished) == len(taken)
    assert 0 < sum(solved for _, _, _, solved in notes.finished) < len(taken)


def outage(first: str, last: str, detector: str = "central", mode: str = "delay", **values: Any) -> dict[str, Any]:
    return {"kind": "outage", "window": [first, last], "detector": detector, "mode": mode, **values}


def releases(days: int, *outages: dict[str, Any], start: str = "2022-01-29") -> tuple[list[list[list[int]]], list[int]]:
    """Return the moments of release of some days, (days, 2, P), and the midnights of as many days from the first."""
    named = {f"measures.out-{k}": one for k, one in enumerate(outages)}
    # The scenario has an outage of its own, on 29 January: put it out of the way.
    named["measures.outage-of-the-centre.window"] = ["2022-03-30", "2022-03-30"]
    night, _, first = night_of(scenario(start, **named))
    found = [night(day, DayTotals.empty(3)).outage.tolist() for day in range(first, first + days)]
    return found, [night.common.calendar.midnight(day) for day in range(first, first + days + 1)]


def test_an_outage_delays_to_its_end_or_loses() -> None:
    found, _ = releases(
        5, outage("2022-01-30", "2022-01-31"), outage("2022-01-31", "2022-01-31", detector="local", mode="lose")
    )
    calendar = Calendar.of(scenario().period)
    over = calendar.midnight(day_number(dt.date(2022, 2, 1)))
    assert [[row[0] for row in day] for day in found] == [
        [NO_OUTAGE, NO_OUTAGE],
        [over, NO_OUTAGE],
        [over, LOST],
        [NO_OUTAGE, NO_OUTAGE],
        [NO_OUTAGE, NO_OUTAGE],
    ]
    assert all(len(set(row)) == 1 for day in found for row in day)


def test_instructions_wait_until_no_outage_is_in_force_any_more() -> None:
    # One day, then two: who is held up on the first must not leave in the midst of the second.
    found, midnights = releases(6, outage("2022-01-30", "2022-01-30"), outage("2022-01-31", "2022-02-01"))
    assert [day[0][0] for day in found] == [NO_OUTAGE, *[midnights[4]] * 3, NO_OUTAGE, NO_OUTAGE]
    # Overlapping ones last as long as the longest of them; a day between two lets all go.
    found, midnights = releases(
        7, outage("2022-01-29", "2022-01-31"), outage("2022-01-30", "2022-01-30"), outage("2022-02-02", "2022-02-02")
    )
    assert [day[0][0] for day in found] == [*[midnights[3]] * 3, NO_OUTAGE, midnights[5], NO_OUTAGE, NO_OUTAGE]
    # What waits for an outage that loses is lost when that begins.
    found, midnights = releases(5, outage("2022-01-29", "2022-01-30"), outage("2022-01-31", "2022-01-31", mode="lose"))
    assert [day[0][0] for day in found] == [LOST, LOST, LOST, NO_OUTAGE, NO_OUTAGE]
    # Another detector's outages add nothing.
    found, midnights = releases(
        3, outage("2022-01-29", "2022-01-29"), outage("2022-01-30", "2022-01-30", detector="local")
    )
    assert [[row[0] for row in day] for day in found] == [
        [midnights[1], NO_OUTAGE],
        [NO_OUTAGE, midnights[2]],
        [NO_OUTAGE, NO_OUTAGE],
    ]


def test_measures_act_in_their_provinces() -> None:
    window = {"window": ["2022-01-01", "2022-03-01"]}
    here = {"provinces": [44]}
    local = {
        "measures.bank": {"kind": "bank_hold", **window, **here, "intensity": 0.5},
        "measures.line": {"kind": "source_regulation", **window, **here, "target": "voice_line", "intensity": 0.5},
        "measures.strong": {"kind": "filter", **window, **here, "channel": "call", "intensity": 0.5},
        "measures.block": {"kind": "blocking", **window, **here, "target": "site", "intensity": 0.5},
        "measures.data": {
            "kind": "law",
            **window,
            **here,
            "deterrence": 0.0,
            "replacement_factor": 1.0,
            "data_sharing": 0.4,
        },
        "measures.seen": {"kind": "warning", **window, **here, "detector": "central", "coverage": 0.05},
        "measures.purge": {"kind": "card_purge", **window, **here, "intensity": 0.5},
        "measures.clips": {"kind": "videos", **window, **here, "count": 10, "views": 50_000},
    }
    base, _, first = night_of(scenario())
    night, _, _ = night_of(scenario(**local))
    for day in range(first, first + 3):
        before, after = base(day, DayTotals.empty(3)), night(day, DayTotals.empty(3))
    # Where they stand in the arrays: the province of the measure changes, the others do not.
    for name, axis in (
        ("held", 0),
        ("not_sent", 0),
        ("intercepted", 0),
        ("site_blocked", 0),
        ("data_sharing", 0),
        ("coverage", 1),
        ("card_eliminated", 0),
        ("awareness", 0),
        ("unaware", 0),
    ):
        ours, theirs = (np.moveaxis(np.asarray(arrays(day)[name]), axis, 0) for day in (before, after))
        assert [np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True)] == [True, False, True], name
    # Two holds act one after the other.
    assert after.held[1] / CERTAIN == pytest.approx(1 - 0.9 * 0.5)
    assert after.data_sharing.tolist() == pytest.approx([0.0, 0.4, 0.0])


def test_no_education_reaches_back_before_the_first_day() -> None:
    spec = scenario()
    night, notes, first = night_of(spec)
    fading = 2 ** (-86_400_000 / spec.engagement.awareness.half_life)
    faded = spec.engagement.awareness.start * fading
    # Videos and activities run all year; those of the day before the first belong to nobody's run.
    assert night(first, DayTotals.empty(3)).awareness == pytest.approx(np.full((3, 4), faded))
    assert notes.flows[(first, -1, "videos_published")] + notes.flows[(first, -1, "video_views")] > 0
    assert (night(first + 1, DayTotals.empty(3)).awareness > faded * fading * (1 + 1e-6)).all()


def test_a_repatriation_under_way_happens_on_the_first_day_and_once() -> None:
    def homecoming(first: str) -> dict[str, Any]:
        window = {"kind": "repatriation", "window": [first, "2022-02-20"], "dens": 2, "suspects": 77}
        return {"measures.homecoming": window}

    for begins, brought in (("2022-01-10", 0), ("2022-01-29", 0), ("2022-02-01", 3)):
        night, notes, start = night_of(scenario("2022-01-29", **homecoming(begins)))
        without, quiet, _ = night_of(scenario("2022-01-29", **homecoming("2022-02-19")))
        for day in range(start, start + 6):
            night(day, DayTotals.empty(3))
            without(day, DayTotals.empty(3))
            arrested = [notes.flows[(day, -1, "suspects_arrested")], quiet.flows[(day, -1, "suspects_arrested")]]
            # 77 suspects more, less the crews of dens that were raided anyway, on that one day.
            assert (arrested[0] - arrested[1] > 40) == (day == start + brought)


def test_campaigns_against_laundering_act_in_their_provinces() -> None:
    window = {"kind": "cluster_campaign", "window": ["2022-01-30", "2022-01-31"], "count": 2, "arrests": 1.0}
    night, _, first = night_of(
        scenario(
            **{
                "measures.accounts": {**window, "provinces": [44], "half_life_factor": 3.0, "hold": 0.5},
                "measures.purses": {**window, "half_life_factor": 2.0},
            }
        )
    )
    days = [night(first + k, DayTotals.empty(3)) for k in range(4)]
    assert [day.reach.tolist() for day in days] == [[1.0] * 3, [2.0, 6.0, 2.0], [2.0, 6.0, 2.0], [1.0] * 3]
    # A bank's own holds and those of a campaign act one after the other.
    held = [[share / CERTAIN for share in day.held.tolist()] for day in days]
    assert held[1] == pytest.approx([0.1, 1 - 0.9 * 0.5, 0.1])
    assert held[0] == held[3] == pytest.approx([0.1] * 3)


def test_cases_give_leads_by_the_days_since_their_contact() -> None:
    values = {
        "aftermath.investigation": {"capacity": "30 per day", "growth": 0.0, "backlog": 40, "solved": 0.7},
        "dens.hazard.lead_half_life": "30 d",
        "dens.hazard.leads_per_case": 2.0,
    }
    night, notes, first = night_of(scenario(**values, **{"dens.hazard.case_half_life": "9 d"}))
    as_before, old_notes, _ = night_of(scenario(**values))
    leads = all_leads = 0.0
    for day in range(first, first + 8):
        yesterday = DayTotals.empty(3)
        for p in range(3):
            # Contacts of one to nineteen days ago.
            yesterday.filed[p] = [(k, attempt_id(day - 1 - 6 * k, p, 0, 0, 0, k)) for k in range(4)]
        night(day, yesterday)
        as_before(day, yesterday)
        solved = [case for noted, _, case, is_solved in notes.finished if noted == day and is_solved]
        known = [one for one in map(unpack, solved) if one.kind == OriginKind.ATTEMPT]
        fresh = sum(2.0 ** (-(day - one.day) / 9) for one in known)
        leads = leads * 2 ** (-1 / 30) + 2.0 * fresh
        all_leads = all_leads * 2 ** (-1 / 30) + 2.0 * len(solved)
        assert notes.levels[(day, -1, "leads")] == pytest.approx(leads, abs=1e-6)
        assert old_notes.levels[(day, -1, "leads")] == pytest.approx(all_leads, abs=1e-6)
    assert 0 < leads < 0.8 * all_leads


def test_suspects_of_a_case_grow_with_their_ramp() -> None:
    suspects = {"per_case": 4.0, "per_card": 0.0}
    quiet = {"gangs.pools.removed.home": "0 per year"}
    values = {"aftermath.investigation": {"capacity": "300 per day", "growth": 0.0, "backlog": 9000, "solved": 0.7}}
    low = {"midpoint": "2040-01-01", "width": "1 d", "floor": 0.25}
    arrested = []
    for ramp in (None, low):
        settings = {**values, **quiet, "aftermath.suspects": {**suspects, "ramp": ramp}, "measures.homecoming": None}
        night, notes, first = night_of(scenario(**settings))
        for day in range(first, first + 4):
            night(day, DayTotals.empty(3))
        arrested.append(sum(n for (_, _, name), n in notes.flows.items() if name == "suspects_arrested"))
    # Years before its midpoint a ramp stands at its floor.
    assert arrested[0] > 1000
    assert arrested[1] == pytest.approx(arrested[0] / 4, abs=3)


def test_what_is_settled_late_is_counted_in_december() -> None:
    late = {"aftermath.settlement": {"cases": 0.25, "suspects": 0.5}, "gangs.pools.since": "2021-10-20"}
    period = {"start": "2021-10-20", "end": "2022-02-10", "warmup": "0 d"}
    spec = sim.load_scenario("tiny", period=period, **late).spec
    night, notes, first = night_of(spec)
    last = Calendar.of(spec.period).last
    for day in range(first, last + 1):
        for component in night.components:
            if component.name in ("cases", "pools", "cards", "settlements"):
                component.at_midnight(day, loud_day(day, arrays=False))
    december = range(day_number(dt.date(2021, 12, 1)), day_number(dt.date(2022, 1, 1)))
    for happened, settled, share, places in (
        ("cases_solved", "cases_settled", 0.25, range(3)),
        ("suspects_arrested", "suspects_settled", 0.5, range(-1, 3)),
    ):
        for place in places:
            flows = [
                {day: notes.flows[(day, place, name)] for day in range(first, last + 1)} for name in (happened, settled)
            ]
            before, within, after = (
                [sum(flow[day] for day in days) for flow in flows]
                for days in (range(first, december[0]), december, range(december[-1] + 1, last + 1))
            )
            assert before[0] > 20
            assert abs(before[1] - (1 - share) * before[0]) <= 1
            assert before[1] + within[1] == before[0] + within[0]
            assert abs(after[1] - (1 - share) * after[0]) <= 1
            # What waits is spread evenly: each day has its own and a 31st of that.
            for day in december:
                assert abs(flows[1][day] - flows[0][day] - share * before[0] / 31) <= 2
