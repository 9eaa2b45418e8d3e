"""What a calibration writes into a scenario's file, and what it leaves alone."""

from pathlib import Path

import pytest

import sim
from sim.calibration.calibrate import Update, edited, write_back
from sim.experiments.simulations import key_of
from tests.calibration.conftest import SMALL

KEY = "measures.warning-central.coverage"


def test_only_fitted_values_change():
    before = SMALL.read_text()
    after = edited(before, Update({KEY: 0.71}, {KEY: "alerts_central@2022-01-24..2022-01-30"}))
    changed_lines = [(a, b) for a, b in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]
    assert changed_lines == [
        (
            '    coverage: {value: 0.6, origin: calibrated, range: [0.2, 1.0], basis: "none: a test"} # of contacts',
            "    coverage: {value: 0.71, origin: calibrated, range: [0.2, 1.0], "
            'target: alerts_central@2022-01-24..2022-01-30, basis: "none: a test"} # of contacts',
        )
    ]


@pytest.mark.parametrize("name", ["china-2022", "china-2022-full", "china-2023", "china-2025", "tiny", "no-campaigns"])
def test_bundled_files_are_written_back_byte_for_byte(name: str):
    text = (Path(sim.__file__).parent.parent / "scenarios" / f"{name}.yaml").read_text()
    assert edited(text, Update({}, {})) == text


def test_a_value_that_the_file_inherits_is_added_with_what_is_known_of_it(tmp_path: Path):
    file = tmp_path / "variant.yaml"
    file.write_text("# mine\nschema: 1\nname: variant\ntitle: What now?\nextends: china-2022\n")
    full = {"value": 0.9, "origin": "calibrated", "range": [0.1, 1.0], "basis": "as china-2022: really"}
    write_back(file, Update({KEY: 0.8}, {KEY: "alerts"}, {KEY: full}))
    assert file.read_text().startswith("# mine\n")
    source = sim.load_scenario(str(file)).sources[KEY]
    assert (source.file, source.origin, source.range, source.target) == (str(file), "calibrated", (0.1, 1.0), "alerts")
    assert sim.load_scenario(str(file)).spec.measures["warning-central"].coverage == 0.8  # type: ignore[union-attr]


def test_figures_get_what_a_calibration_says_of_them_before_their_source():
    text = edited(SMALL.read_text(), Update({}, {}, figures={0: {"standard_error": 12}, 4: {"interval": [700, 900]}}))
    assert 'tolerance: 0.01, standard_error: 12, source: "none: a test"}' in text
    assert 'role: predicted, interval: [700, 900], source: "none: a test"}' in text


def test_a_file_that_cannot_be_replaced_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "small.yaml"
    file.write_text(SMALL.read_text())

    def refuse(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OSError, match="no"):
        write_back(file, Update({KEY: 0.71}, {KEY: "x"}))
    assert file.read_text() == SMALL.read_text()
    assert list(tmp_path.iterdir()) == [file]


def test_runs_are_known_again_after_what_was_written_but_not_with_another_value(tmp_path: Path):
    file = tmp_path / "small.yaml"
    file.write_text(SMALL.read_text())
    before = sim.load_scenario(str(file))
    value = str(before.spec.measures["warning-central"].coverage)  # type: ignore[union-attr]
    figures = {0: {"standard_error": 12, "interval": [700, 900]}}
    write_back(file, Update({KEY: float(value)}, {KEY: "alerts"}, figures=figures))
    after = sim.load_scenario(str(file))
    assert after.sha256 != before.sha256
    assert key_of(after) == key_of(before)
    assert key_of(sim.load_scenario(str(file), {KEY: "0.71"})) != key_of(before)
    cloud = {"window": ["2022-01-24", None], "kind": "source_regulation", "intensity": 0.1}
    of = [sim.load_scenario(str(file), measures={"x": cloud | {"target": one}}) for one in ("sms_port", "voice_line")]
    assert key_of(of[0]) != key_of(of[1])


def test_what_runs_have_found_replaces_numbers_and_keeps_what_is_known_of_them():
    retry = "retry:\n  usual: {value: 0.5, origin: calibrated} # found\n"
    text = retry + "usual:\n  value:\n    call: {a: 0.1, b: 0.2}\n  origin: calibrated\n"
    after = edited(text, Update({}, {}, derived={"retry.usual": 0.6, "usual.call.a": 0.3}))
    assert after == text.replace("0.5", "0.6").replace("a: 0.1", "a: 0.3")
