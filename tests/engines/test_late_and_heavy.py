"""What a run says only at its end: contacts that close months later, and cards that send more than cards can."""

import re
from pathlib import Path

import pandas as pd

import sim
from sim.reading.manifest import check_run
from tests.engines.small import NO_LEGITIMATE, TWO_DAYS, fewer, run_tiny

DAY = 86_400_000


def test_a_message_unread_for_seventy_days_counts_on_the_day_of_its_delivery(tmp_path: Path) -> None:
    values = {
        **fewer(0.05),
        **NO_LEGITIMATE,
        "warning.unread_wait": "70 d",
        "warning.sms.read": 0.3,
        "warning.tiers.blue.deadline": "75 d",
        "warning.desk_knows_episode_over": False,
    }
    run = run_tiny(tmp_path / "run", period={"start": "2022-01-24", "end": "2022-04-24", "warmup": "0 d"}, **values)
    assert [str(finding) for finding in check_run(run.path) if not finding.passed] == []
    events = run.events
    keys = ["origin", "stage", "detector"]
    issued = events[events["event"] == "issue"].set_index(keys)["moment"]
    ends = events[events["event"] == "end"].set_index(keys)
    given_up = ends[ends["result"] == "unread"]["moment"]
    assert len(given_up) > 10
    waited = given_up - issued.loc[given_up.index]
    assert ((waited > 70 * DAY) & (waited < 71 * DAY)).all()
    # Given up, a message counts on the day of that; before, on that of its delivery, which is known at the end alone.
    start = pd.Timestamp("2022-01-24")
    days = (start + pd.to_timedelta(given_up // DAY, unit="D")).value_counts()
    contacts = run.contacts
    unread = contacts[contacts["result"] == "unread"].groupby("day")["count"].sum()
    assert unread.to_dict() == days.to_dict()
    waiting = issued.drop(ends.index)
    assert len(waiting) > 10
    # Blue ones are given up before they expire: who is left behind was superseded, or waits when the run ends.
    delivered = contacts[(contacts["result"] == "delivered") & (contacts["tier"] == "blue")]
    blue = events[(events["event"] == "issue") & (events["tier"] == "blue")].set_index(keys).index
    still = waiting[waiting.index.isin(blue)]
    # Those of the last day may not have been delivered yet.
    surely = still[still < 90 * DAY]
    left = ends[ends.index.isin(blue) & (ends["result"] == "superseded")]
    assert 10 < len(surely) <= delivered["count"].sum() <= len(still) + len(left)
    assert delivered["day"].min() < pd.Timestamp("2022-03-01")


def cards_warned_of(run: sim.Run) -> list[float]:
    warned = [line for line in run.manifest["warnings"] if line.startswith("cards.per_thousand_people: in some month")]
    return [float(re.findall(r"up to ([0-9.]+) attempts a day each", line)[0]) for line in warned]


def test_cards_are_warned_of_by_the_heaviest_month_of_a_province(tmp_path: Path) -> None:
    # Two days that are in two months.
    values = {**NO_LEGITIMATE, "cards.per_thousand_people": 0.2, "fraud.volumes.call.level": "1400 per day"}
    run = run_tiny(tmp_path / "run", period=TWO_DAYS, **values, **{"cards.max_attempts_per_card_day": 1})
    passed = run.attempts[
        run.attempts["channel"].isin(["call", "sms"])
        & ~run.attempts["fate"].isin(["not_sent", "den_destroyed", "card_eliminated"])
    ]
    attempts = passed.groupby(["day", "province"])["count"].sum()
    active = run.state[run.state["quantity"] == "cards_active"].set_index(["day", "province"])["value"]
    loads = (attempts / active).dropna()
    assert len(loads) == 6
    assert cards_warned_of(run) == [round(loads.max(), 1)]
    # Taken together the two days would be less heavy than the heavier one.
    together = attempts.groupby("province").sum() / active.groupby("province").sum()
    assert round(together.max(), 1) < round(loads.max(), 1)
    limit = float(loads.max()) + 1e-6
    enough = run_tiny(tmp_path / "enough", period=TWO_DAYS, **values, **{"cards.max_attempts_per_card_day": limit})
    assert cards_warned_of(enough) == []
