"""The page with sliders as a file: it holds everything, says the numbers of the sweep, and is the same each time."""

import json
import re
from pathlib import Path

import pytest

import sim
from sim.experiments import simulations
from sim.experiments.design import DesignError
from sim.experiments.explored import Explored
from sim.report.explore.page import page, written
from sim.report.explore.texts import change_text, level_text, lever_named, ranged, sentence, setting_text, signed
from sim.store.json_files import FolderError
from tests.report.explore.conftest import DEADLINE, HOSTILE, STAFF

SHORT = {"period": "{start: 2022-01-24, end: 2022-01-25, warmup: 0 d}"}


def data_in(text: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert found is not None
    document: dict[str, object] = json.loads(found[1])
    return document


def test_the_page_is_one_file_that_lets_nothing_else_in(pages: dict[str, Path]) -> None:
    text = pages["two"].read_text(encoding="utf-8")
    assert "default-src 'none'; script-src 'sha256-" in text
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)[^\"]+", text)
    assert len(text) < 400_000


def test_the_same_sweep_gives_the_same_bytes(folders: dict[str, Path], pages: dict[str, Path], tmp_path: Path) -> None:
    assert written(folders["two"], tmp_path / "again.html").read_bytes() == pages["two"].read_bytes()


def test_names_of_a_scenario_are_text_in_the_page_and_in_its_data(pages: dict[str, Path]) -> None:
    text = pages["outside"].read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert "&lt;/script&gt;&lt;img" in text
    assert data_in(text)["levers"]


def test_the_page_says_the_scenario_without_a_script(pages: dict[str, Path], sweeps: dict[str, Explored]) -> None:
    text, found = pages["two"].read_text(encoding="utf-8"), sweeps["two"]
    assert found.present is not None
    for outcome in found.outcomes:
        if not outcome.is_constant:
            one = outcome.at(found.present.coordinates)
            assert f'<p class="level">{level_text(outcome.unit, one.level)}</p>' in text
    assert setting_text(found, [26.0, 8.0]) in text
    assert text.count("as in the scenario") >= 8
    # Every simulated point has its row.
    assert text.count('<th scope="row">') >= len(found.points)


def test_what_the_reader_must_know_is_told(pages: dict[str, Path]) -> None:
    minds = {
        name: re.findall(r"Note:</strong> (.*?)</p>", path.read_text(encoding="utf-8")) for name, path in pages.items()
    }
    assert not any("One seed" in line for line in minds["two"])
    assert any(line.startswith("One seed was simulated") for line in minds["single"])
    assert any("26, as in the scenario, lies outside" in line for line in minds["outside"])
    assert any("unchanged scenario was not simulated" in line for line in minds["grid"])
    assert "Orange alerts that expired: 0 in all simulated runs." in pages["two"].read_text().replace("0%", "0")
    for name, path in pages.items():
        poor = re.findall(r'data-outcome="([^"]+)">(?:(?!</article>).)*Mostly noise', path.read_text(), re.S)
        assert "expired_blue" in poor, name
        assert "victims" not in poor, name


def test_numbers_are_told_with_the_digits_that_their_intervals_bear(sweeps: dict[str, Explored]) -> None:
    found = sweeps["single"]
    by_name = {outcome.name: outcome for outcome in found.outcomes}
    at = [lever.coordinate(number) for lever, number in zip(found.levers, (17.0, 5.0), strict=True)]
    victims, one = by_name["victims"], by_name["victims"].at(at)
    assert re.fullmatch(r"2\.\d{1,3} million \(2\.\d{1,3} million to 2\.\d{1,3} million\)", ranged(victims, one))
    assert re.fullmatch(
        r"\d\.?\d*(?:,\d{3}| million)* more than in the scenario \(\+\d+\.?\d*%\)", change_text(victims, one)
    )
    assert sentence(victims, one).endswith(" more than in the scenario.")
    base = victims.at(found.present.coordinates if found.present else [])
    assert sentence(victims, base).endswith(" people become victims, as in the scenario.")
    assert change_text(by_name["expired_red"], by_name["expired_red"].at(at)).endswith(
        " points more than in the scenario"
    )
    assert change_text(by_name["first_contact_red"], by_name["first_contact_red"].at(at)).startswith("2")
    assert "longer than in the scenario" in change_text(
        by_name["first_contact_red"], by_name["first_contact_red"].at(at)
    )


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("people", 4.368e6, "4.37 million"),
        ("share", 0.0123, "1.2%"),
        ("minutes", 34.56, "34.6 min"),
        ("minutes", 119.9, "120 min"),
        ("minutes", 300.0, "5 h"),
        ("minutes", 4320.0, "3 d"),
        ("minutes", 0.0, "0 min"),
    ],
)
def test_levels_are_told_in_their_units(unit: str, value: float, text: str) -> None:
    assert level_text(unit, value) == text


def test_differences_have_signs(sweeps: dict[str, Explored]) -> None:
    assert [signed("people", value) for value in (123456.0, -0.5, 0.0)] == ["+123,000", "−0.5", "0"]
    assert signed("share", -0.0123) == "−1.23"
    assert signed("minutes", 150.0) == "+2.5 h"


def test_python_makes_sweep_and_page_and_then_the_page_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulations, "THREADS_FROM", 0.0)  # runs are made in this process
    tiny = sim.load_scenario("tiny", SHORT)
    counts: list[int] = []

    def count(done: int, total: int) -> None:
        counts.append(total)

    path = sim.explore(tiny, {STAFF: [10, 40]}, samples=6, folder=tmp_path / "sweep", workers=1, progress=count)
    assert path == tmp_path / "sweep" / "explore.html"
    assert set(counts) == {6}
    first = path.read_bytes()
    again = sim.explore(tmp_path / "sweep", out=tmp_path / "again.html")
    assert again == tmp_path / "again.html"
    assert again.read_bytes() == first
    frame = sim.sweep(tiny, {STAFF: [10, 40]}, "box", 6, folder=tmp_path / "sweep")
    run = sim.run(sim.load_scenario("tiny", {**SHORT, STAFF: "40"}), tmp_path / "run", workers=1)
    row = frame[frame[STAFF] == 40].iloc[0]
    assert row["victims"] == run.totals["victims"]
    ended = run.alerts.groupby(["tier", "end"])["count"].sum()
    assert row["expired_red"] == pytest.approx(ended["red", "expired"] / ended["red"].sum(), rel=1e-12)
    assert 0 < row["first_contact_red"] < 600


def test_what_cannot_be_explored_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    tiny = sim.load_scenario("tiny", SHORT)
    with pytest.raises(DesignError, match="a range needs exactly two numbers"):
        sim.explore(tiny, {STAFF: [10]}, folder=tmp_path / "sweep")
    with pytest.raises(FolderError, match="is a folder"):
        sim.explore(tiny, {STAFF: [10, 40]}, folder=tmp_path / "sweep", out=tmp_path)
    with pytest.raises(TypeError, match=r"^explore\(\) got an unexpected keyword argument 'worker'$"):
        sim.explore(tiny, {DEADLINE: ["2 h", "3 h"]}, worker=1)  # type: ignore[call-arg]
    assert not list(tmp_path.iterdir())


def test_another_language_has_its_numbers_and_says_so(sweeps: dict[str, Explored]) -> None:
    from sim.language.spoken import speaking

    with speaking("fr"):
        text = page(sweeps["two"])
    assert '<html lang="fr">' in text
    numbers = data_in(text)["numbers"]
    assert isinstance(numbers, dict)
    assert (numbers["decimal"], numbers["several"]) == (",", "s")
    assert "millions" in text


def test_levers_have_their_names_in_words_and_their_keys_below(pages: dict[str, Path]) -> None:
    text = pages["two"].read_text(encoding="utf-8")
    assert '<span class="key">Staff of the visit desks</span>' in text
    assert f"<code>{STAFF}</code>" in text
    scenario = sim.load_scenario("tiny")
    assert lever_named(scenario, "desks.visit.by_province.44") == "Staff of the visit desks in Guangdong"
