"""One person's way under two policies: every event of the log is told once, and what differs stands apart."""

import re

import pytest

import sim
from sim.base.rounding import amount
from sim.experiments.pairing import PairingError, summed, victims
from sim.language import speaking
from sim.report.person import KINDS, person, picked, span, way


@pytest.fixture(scope="module")
def saved(silent: sim.Run, full: sim.Run) -> int:
    """The person whom warnings saved and who is shown."""
    return picked(victims(silent, full))["saved"]


def rows_of(text: str) -> list[tuple[str, list[list[str]]]]:
    """Return the rows of a way: whether it parts, and the steps of each cell."""
    found = []
    for apart, cells in re.findall(r'<tr( class="apart")?><th scope="row">(.*?)</tr>', text, flags=re.S):
        tds = re.findall(r"<td.*?</td>", cells, flags=re.S)
        found.append((apart, [re.findall(r'<li class="step \w+">([^<]+)</li>', td) for td in tds]))
    return found


def test_the_person_of_the_middle_loss_is_picked(silent: sim.Run, full: sim.Run, saved: int) -> None:
    people = victims(silent, full)
    own = people[(people["change"] == "saved") & (people["other"] != "stopped")]  # reached by the attempt twice
    paid = sorted(-own["paid_cents"])
    assert -own.loc[saved, "paid_cents"] == paid[(len(paid) - 1) // 2]
    assert picked(people.iloc[:0]) == {}
    # One whom the attempt did not reach under the policy comes only where there is no other.
    last = own.index[paid.index(paid[-1])] if len(own) > 1 else own.index[0]
    halted = people.assign(other=people["other"].where(people.index == last, "stopped"))
    assert picked(halted)["saved"] == last
    assert "saved" in picked(people.assign(other="stopped"))
    assert summed(people)["count"].sum() == len(people)


def test_both_ways_stand_beside_each_other_and_part_where_they_differ(
    silent: sim.Run, full: sim.Run, saved: int
) -> None:
    text = person(silent, full, saved)
    rows = rows_of(text)
    assert [len(cells) for _, cells in rows] == [2 if apart else 1 for apart, _ in rows]
    for side, run in enumerate((silent, full)):
        steps = [step for _, cells in rows for step in cells[side if len(cells) > 1 else 0]]
        assert steps == [step.text for step in way(run, saved)]
    assert rows[0][1][0][0].startswith("An attempt reaches the person")
    paid = silent.events.query("origin == @saved and event == 'payment'")["value"]
    assert f"The person pays {amount(int(paid.iloc[0]) / 100)} yuan." in text
    assert ("A warning stops the person." in text) == bool(
        (full.events.query("origin == @saved")["result"] == "stopped").any()
    )
    assert "Both ways are the same until" in text
    assert 'class="apart"' in text
    assert 'class="apart"' not in person(full, full, saved)
    assert "Both ways are the same." in person(full, full, saved)


def test_every_kind_of_event_has_words(full: sim.Run) -> None:
    events = full.events
    told = [step for origin in events["origin"].unique()[:400] for step in way(full, int(origin))]
    assert {step.kind for step in told} >= {*KINDS.values(), "fraud"}
    assert all(step.text for step in told)


def test_a_way_is_told_in_other_languages(silent: sim.Run, full: sim.Run, saved: int) -> None:
    with speaking("zh"):
        assert "因政策获救" in person(silent, full, saved)


def test_what_cannot_be_shown_is_refused(full: sim.Run, half: sim.Run, saved: int) -> None:
    with pytest.raises(ValueError, match="no event log contains the attempt 1"):
        person(full, full, 1)
    with pytest.raises(PairingError):
        person(full, half, saved)


@pytest.mark.parametrize(
    ("ms", "said"),
    [(0, "0 s"), (59_400, "59 s"), (60_000, "1 min 0 s"), (3_661_000, "1 h 1 min"), (172_800_000, "2 d 0 h 0 min")],
)
def test_durations_are_said_with_fitting_units(ms: int, said: str) -> None:
    assert span(ms) == said
