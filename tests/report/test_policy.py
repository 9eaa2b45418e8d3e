"""A report of a policy: it begins with the policy, names every lever, and draws nothing twice."""

import html
import re
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.base.rounding import amount
from sim.reading.intervals import policy_digests, read_answers, write_answers
from sim.report.page import compared_runs, limits_of, page, policies, title_of_all
from sim.told.runs import answer, short_answer
from tests.reading.test_stored_answers import FACTORS, answers
from tests.report.conftest import draw_only

QUESTION = "What would more officers in Guangdong do?"


@pytest.fixture(scope="module")
def officers(place: Path) -> sim.Run:
    """A policy of two levers, of which one is of a province that the base does not name."""
    values = {
        "name": "officers",
        "title": QUESTION,
        "desks.visit.by_province": "{44: 9}",
        "warning.tiers.red.deadline": "1 h",
    }
    return sim.run(sim.load_scenario("tiny", values), place / "officers", events="all", workers=1)


@pytest.fixture(scope="module")
def text(full: sim.Run, officers: sim.Run) -> str:
    """The page of the policy beside the base, with those pictures that tests look at."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_only(monkeypatch, "detection", "load", "utilisation")
        return html.unescape(page([[full], [officers]]))


def test_the_question_of_the_policy_is_the_title(text: str, full: sim.Run, officers: sim.Run, silent: sim.Run) -> None:
    assert f'<h1 id="answer-heading" translate="no">{QUESTION}</h1>' in text
    assert f"<title>{QUESTION} (Tocsin)</title>" in text
    several = policies(compared_runs([[full], [officers], [silent]]))
    assert title_of_all(several, "full") == "2 policies, compared with full"


def test_page_one_is_question_answer_picture_findings_limits_then_come_the_tabs(text: str, full: sim.Run) -> None:
    body = text[text.index("<main") :]
    places = [
        re.search(what, body).start()  # type: ignore[union-attr]
        for what in (
            "<h1",
            "What was changed",
            "desks in Guangdong",
            "What it did, compared with full",
            'class="lead headline"',
            'id="chart-effect-0"',
            'id="findings"',
            "Findings new with this policy|Baseline findings that this|Findings of both the policy and its baseline",
            'id="limits"',
            'id="outcomes"',
            'id="comparison"',
            'id="runs"',
            "full, the baseline",
            'id="mechanism"',
            'id="people"',
            'id="calibration"',
            'id="figures"',
            'id="provenance"',
        )
    ]
    assert places == sorted(places)
    # The base's own answer is no longer the beginning.
    from sim.told.runs import answer

    assert body.index(answer(full)) > body.index('id="runs"')


def test_levers_of_a_province_are_told(full: sim.Run, officers: sim.Run) -> None:
    (policy,) = policies(compared_runs([[full], [officers]]))
    assert policy.answer.question == QUESTION
    changed = policy.answer.changes
    assert len(changed) == 2
    assert any("visit" in line and "Guangdong" in line and "9 people" in line for line in changed)
    assert any("red" in line and "8 h" in line and "1 h" in line for line in changed)
    assert policy.run_as == []
    (same,) = policies(compared_runs([[full], [full]]))
    assert same.answer.changes == ()
    assert (same.fresh, same.gone) == ([], [])


def test_findings_that_come_and_go(full: sim.Run, silent: sim.Run) -> None:
    assert any("red alerts expired" in row["sentence"] for row in full.found)
    (one,) = policies(compared_runs([[full], [silent]]))
    (other,) = policies(compared_runs([[silent], [full]]))
    assert any("red alerts expired" in line for line in one.gone)
    assert not any("red alerts expired" in line for line in one.fresh)
    assert (one.gone, one.fresh) == (other.fresh, other.gone)


def test_what_it_did_is_said_with_the_difference_first(full: sim.Run, silent: sim.Run) -> None:
    compared = compared_runs([[full], [silent]])
    rows = compared.differences.set_index("quantity")
    (policy,) = policies(compared)
    more = int(rows.loc["victims", "difference"])
    assert more > 0
    filed = int(rows.loc["cases_filed", "difference"])
    assert policy.answer.headline.startswith(f"{amount(filed)} more cases filed (+")
    assert any(line.startswith(f"{amount(more)} more victims (+") for line in policy.answer.sentences)
    assert "single pair" in policy.answer.intervals


def charts_of(text: str, name: str) -> list[str]:
    """Give the runs of each chart of a picture."""
    return re.findall(rf'id="chart-{name}-\d+"[^>]*data-run="([^"]*)"', text)


@pytest.mark.slow
def test_what_is_the_same_for_several_runs_is_drawn_once(
    text: str, full: sim.Run, silent: sim.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The detectors are the same under both policies, the desks are not.
    assert charts_of(text, "detection") == ["full; the same for officers"]
    assert charts_of(text, "load") == ["full", "officers"]
    draw_only(monkeypatch, "load")
    three = html.unescape(page([[full], [silent], [sim.load_run(full.path)]]))
    assert charts_of(three, "load") == ["full; the same for full-2", "silent"]


def test_parameters_are_folded_but_for_those_that_changed(text: str) -> None:
    folded = re.findall(r'<details class="parameters"( open)?>', text)
    assert folded == ["", " open"]
    shown = text[text.index('id="parameters-2"') :]
    assert "desks.visit.by_province.44" in shown
    assert "desks.visit.staff" not in shown


def test_runs_beside_each_other_begin_with_one_month(text: str, full: sim.Run, silent: sim.Run) -> None:
    from sim.report.gallery import SECTIONS, combinations

    picture = next(one for section in SECTIONS for one in section.pictures if one.name == "utilisation")
    first = combinations(picture, [full, silent])[0]
    assert first == combinations(picture, [silent, full])[0]
    assert first["month"] != "all"
    assert f'<option value="{first["month"]}" selected' in text


def test_a_scale_that_is_widened_for_another_run_is_said_on_the_tiles(
    country: sim.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.report import place as module

    rates_of = module.monthly_rates

    def with_one_far_out(*given: Any) -> Any:
        found = rates_of(*given)
        found["all"][44] = 100 * max(found["all"].values())
        return found

    monkeypatch.setattr(module, "monthly_rates", with_one_far_out)
    figure = module.place(country).view("alerts")
    at = list(module.tiles(country)).index(44)
    assert module.BEYOND in figure.data[1].text[at]
    figure.data[0].zmax *= 1000
    module.settle(figure)
    assert not any(module.BEYOND in one for one in figure.data[1].text)
    assert not any(module.BEYOND in one for one in figure.layout.meta["narrow"]["traces"]["text"])


@pytest.mark.slow
def test_levels_beside_each_other_have_intervals_of_one_kind(
    full: sim.Run, silent: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base has stored answers over draws, the policy none: both show noise alone."""
    draw_only(monkeypatch, "load")
    digests = {run: policy_digests(run.scenario) for run in (full, silent)}
    monkeypatch.setattr("sim.reading.intervals.answer_tables", lambda: [tmp_path / "some-answers.csv"])
    write_answers(tmp_path / "some-answers.csv", {digests[full]: answers("full", 100.0, FACTORS)})
    assert "parameter uncertainty (101 posterior draws)" in answer(full)
    text = page([[full], [silent]])
    assert "95% intervals: run-to-run noise at scale 1." in text
    assert (
        "95% intervals: run-to-run noise at scale 1, without parameter uncertainty: no answers over draws are stored."
        in text
    )
    assert "parameter uncertainty (" not in text
    assert short_answer(full, known=False)["victims"][1] in text
    # Where both have some, both are told so.
    read_answers.cache_clear()
    both = {digest: answers("both", 100.0, FACTORS) for digest in digests.values()}
    write_answers(tmp_path / "some-answers.csv", both)
    assert page([[full], [silent]]).count("parameter uncertainty (101 posterior draws) and run-to-run noise") == 2
    read_answers.cache_clear()


def test_a_policy_names_what_has_no_price(full: sim.Run, silent: sim.Run) -> None:
    (policy,) = policies(compared_runs([[full], [silent]]))
    assert policy.answer.not_priced == (
        "Not priced: the measure warning-central, the measure warning-local. So the cost of sparing a victim or a unit "
        "of net loss is unknown."
    )
    assert policy.answer.not_priced in limits_of([policy.answer])
    assert policy.answer.costs == ()
