"""``tocsin calibrate`` as users meet it: what it prints, what it writes, and that an interruption costs nothing."""

import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scipy import linalg
from threadpoolctl import threadpool_info, threadpool_limits

import sim
from sim.base.failures import LOG
from sim.calibration.calibrate import calibrate
from sim.calibration.fit import Evaluations
from sim.experiments.store import OUTCOMES
from sim.reading.intervals import nine_tenths, policy_digest, read_answers
from sim.scenario import changed
from sim.store.folder import holding
from tests.calibration.conftest import SMALL
from tests.cli.commands import Tocsin, tocsin

__all__ = ["tocsin"]

QUICK = ["--set", "calibration.members=0", "--set", "calibration.seeds=2", "--set", "calibration.scales=[0.25, 1]"]
COMMAND = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from sim.cli import main; main()"


def start(*arguments: str, folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", COMMAND, "calibrate", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A copy of the small scenario with figures that its own model makes, or nearly."""
    copied = tmp_path / "small.yaml"
    copied.write_text(SMALL.read_text())
    return copied


@pytest.mark.slow
def test_an_interrupted_calibration_goes_on_where_it_was(file: Path, tmp_path: Path):
    outcomes = tmp_path / "work" / OUTCOMES
    running = start(str(file), *QUICK, "--out", "work", "--workers", "1", folder=tmp_path)
    deadline = time.monotonic() + 240
    while len(list(outcomes.glob("*.json"))) < 3:
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 1
    assert err.splitlines()[-1] == (
        "tocsin calibrate: interrupted; finished runs are kept in work; run the same command again to resume"
    )
    assert file.read_text() == SMALL.read_text()
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == [LOG, OUTCOMES]
    before = len(list(outcomes.iterdir()))

    again = start(str(file), *QUICK, "--out", "work", "--workers", "1", "--json", folder=tmp_path)
    out, err = again.communicate(timeout=500)
    assert err == ""
    document = json.loads(out)
    assert document["warnings"] == []  # what is told is of scale 1
    assert again.returncode == (0 if all(row["within"] is not False for row in document["figures"]) else 1)
    assert json.loads((tmp_path / "work" / "fit.json").read_text()) == document
    # What was simulated before the interruption was not simulated again, and all of it was asked for.
    assert len(list(outcomes.iterdir())) == document["simulated"] > before
    fitted = sim.load_scenario(str(file))
    for one in document["parameters"]:
        assert fitted.sources[one["key"]].target == one["target"]


@pytest.mark.slow
def test_a_killed_calibration_leaves_no_process_and_nothing_but_what_was_finished(file: Path, tmp_path: Path):
    outcomes = tmp_path / "work" / OUTCOMES
    running = start(str(file), *QUICK, "--out", "work", "--workers", "1", folder=tmp_path)
    deadline = time.monotonic() + 240
    while not list(outcomes.glob("*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    threads = Path(f"/proc/{running.pid}/task").glob("*/children")
    workers = " ".join(path.read_text() for path in threads).split()
    assert workers
    running.kill()
    running.communicate(timeout=60)
    while any(_alive(worker) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert file.read_text() == SMALL.read_text()
    names = {path.name for path in (tmp_path / "work").iterdir()}
    assert {name for name in names if not name.startswith(".run-")} == {LOG, OUTCOMES}
    with holding(tmp_path / "work"):
        pass
    with Evaluations(sim.load_scenario(str(file)), tmp_path / "work", workers=1):
        assert {path.name for path in (tmp_path / "work").iterdir()} == {LOG, OUTCOMES}


def _alive(process: str) -> bool:
    """Whether a process is there and not merely waiting to be forgotten."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("figures=[]", "tocsin calibrate: no figure is fitted; "),
        (
            "calibration.parameters=[interception.call.d_prime]",
            "tocsin calibrate: no calibrated parameter has a range; ",
        ),
        ("calibration.parameters=[fraud.months]", "tocsin calibrate: calibration.parameters names fraud.months, which"),
        ("calibration.evidence=[loss_mean]", "tocsin calibrate: calibration.evidence names loss_mean, which"),
        ("calibration.seeds=1", "--set: calibration.seeds: "),
    ],
)
def test_what_cannot_be_calibrated_is_one_line_and_code_2(
    file: Path, tocsin: Tocsin, tmp_path: Path, setting: str, message: str
):
    ended = tocsin("calibrate", str(file), "--set", setting)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert ended.err.startswith(message)
    assert list(tmp_path.iterdir()) == [file]


def test_a_posterior_needs_its_libraries_before_anything_is_simulated(
    file: Path, tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    ended = tocsin("calibrate", str(file), "--set", "calibration.members=20")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "tocsin calibrate: scikit-learn is not installed; run pip install '.[calibration]' in the checkout, "
        "or set calibration.members: 0\n"
    )
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--policy", "no-warning"], "is not a policy of small.yaml; "),
        (["--policy", "small.yaml"], "small.yaml is not a policy of small.yaml; "),
        (["--policy", "mine.yaml", "--set", "calibration.members=0"], "calibration.members is 0; set calibration"),
        (["--policy", "all"], "no bundled scenario is a policy of small.yaml; name scenarios that extend it"),
        (["--policy", "fraud.months=3"], "fraud.months: "),
        (["--policy", "seed=12"], "seed=12 is not a policy of small.yaml; "),
    ],
)
def test_policies_without_draws_are_refused_before_anything_is_simulated(
    file: Path, tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], message: str
):
    monkeypatch.chdir(tmp_path)
    ended = tocsin("calibrate", "small.yaml", "--set", "calibration.members=20", *more)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert message in ended.err
    assert list(tmp_path.iterdir()) == [file]


def test_a_bundled_scenario_has_no_draws_for_policies(tocsin: Tocsin, tmp_path: Path):
    ended = tocsin("calibrate", "tiny", "--policy", "no-warning", "--out", "work")
    assert (ended.code, ended.out) == (2, "")
    assert not (tmp_path / "work").exists()


@pytest.mark.slow
def test_linear_algebra_has_one_thread_while_a_posterior_is_made(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    threads: list[int] = []

    def conditioned(*_given: object) -> None:
        threads.extend(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")

    monkeypatch.setattr("sim.calibration.calibrate._condition", conditioned)
    few = {"calibration.seeds": 2, "calibration.scales": [0.25], "calibration.members": 10}
    linalg.inv([[1.0]])  # scipy has a BLAS of its own, which is there before threads are counted
    with threadpool_limits(2):
        calibrate(changed(sim.load_scenario(str(file)), few), tmp_path / "work")
        assert {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"} == {2}
    assert threads
    assert set(threads) == {1}


@pytest.mark.slow
def test_a_policy_is_run_over_the_draws(file: Path, tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What a policy changes is on the page, and stored for those who compare; its runs are those of the draws."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.calibration.posterior.STEPS", 4)
    (tmp_path / "mine.yaml").write_text(
        "schema: 1\nname: mine\ntitle: Fewer filters\nextends: small.yaml\ninterception: {call: {d_prime: 2.0}}\n"
    )
    lever = "warning.tiers.blue.by_age=[{ages: [60, null], first: call}]"
    asked = ["--policy", "mine.yaml", "--policy", lever, "--policy-draws", "10", "--workers", "1", "--json"]
    ended = tocsin("calibrate", "small.yaml", "--set", "calibration.members=16", *asked, "--out", "work")
    assert ended.code in (0, 1), ended.err
    told, by_lever = json.loads(ended.out)["posterior"]["policies"]
    assert (told["policy"], told["draws"], by_lever["policy"]) == ("mine.yaml", 10, lever)
    low, middle, high = told["intervals"]["victims"]
    assert low < middle < high
    assert told["own"]["victims"] > 0.2
    assert middle > 0.2
    assert set(told["answers"]) == {"victims", "loss_money"}
    text = (tmp_path / "work" / "fit.md").read_text()
    assert "| `mine.yaml` | victims | 10 | +" in text
    assert "| `mine.yaml`: victims |" in text
    known = read_answers(tmp_path / "small-answers.csv") | read_answers(tmp_path / "small-levers-answers.csv")
    mine, small = (known[policy_digest(sim.load_scenario(name))] for name in ("mine.yaml", "small.yaml"))
    assert mine.draws == 10 <= small.draws
    key, _, value = lever.partition("=")
    assert known[policy_digest(sim.load_scenario("small.yaml", {key: value}))].policy == lever
    ratios = [one / other for one, other in zip(mine.drawn["victims"], small.drawn["victims"], strict=False)]
    logarithms = [math.log(one) for one in ratios]
    assert nine_tenths(logarithms) == pytest.approx([math.log1p(end) for end in (low, middle, high)], abs=1e-5)
    # A draw that is run by itself says the same.
    pooled = {"population.pool": "country", "scale": "0.5"}
    alone = [
        sim.run(sim.load_scenario(name, pooled, draw=3), tmp_path / name.removesuffix(".yaml")).totals["victims"]
        for name in ("mine.yaml", "small.yaml")
    ]
    assert alone[0] / alone[1] == pytest.approx(ratios[3], rel=1e-4)
