"""Every block of every document is run: each kind by what ``LANGUAGES`` says, command lines of ``sh`` by this file.

Commands of a block are run in order in a folder of their own, in which lies what they take for granted (``GRANTED``).
What would take long is run smaller (``SMALLER``), or elsewhere and here only looked at (``ELSEWHERE``).
"""

import os
import re
import runpy
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pytest
import typer

from sim.cli import app
from tests.test_documents import DOCUMENTS, ROOT, named
from tests.test_guides import GUIDES, PROGRAMS

FENCE = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```$", re.M | re.S)

LANGUAGES = {
    "sh": "tests/test_blocks.py",
    "console": "tests/test_guides.py",
    "yaml": "tests/test_guides.py where it has the name of a file, else tests/test_blocks.py",
    "pycon": "tests/test_documents.py",
    "python": "tests/test_blocks.py",
    "{toctree}": "tests/test_site.py",
    "{eval-rst}": "tests/test_site.py",
    "text": "nothing: formulas, diagrams, what is printed",
}
"""Languages that blocks may have, and what runs them."""

COMMAND = re.compile(r"\s*(\$ |# )?(\.venv/bin/)?(tocsin|python3?|pip|ruff|mypy|nox|pytest|dask|sphinx-build)[ \n]")
"""How a line begins that is typed."""


@dataclass(frozen=True)
class Smaller:
    """What is replaced in some commands so that they take seconds."""

    commands: str
    found: str
    instead: str


WEEK = " --set 'period={start: 2022-01-25, end: 2022-01-31, warmup: 1 d}' --scale 0.005 --pool country"
SOME = " tiny --scale 1 --seeds 2"

SMALLER = (
    # A week of a two hundredth of the country in one pool.
    Smaller(r"tocsin run (china-2022( --replicates 8| --checkpoint|.* --replicates 4|)$|my\.yaml)", "$", WEEK),
    Smaller(r"tocsin compare (china|my|.*--(replicates|draws))", "$", WEEK),
    Smaller(r"tocsin (attribute|sweep|sensitivity|staffing)", "$", WEEK),
    Smaller(r"tocsin compare singapore", "$", " --scale 0.1"),
    # Fewer runs.
    Smaller(r"tocsin attribute", "$", " --layer dens --layer cards"),
    Smaller(r"tocsin predict .*--draws 50", "--draws 50", "--draws 10"),
    Smaller(r"tocsin (run|compare) .*--draws 20", "--draws 20", "--draws 3"),
    Smaller(r"tocsin sweep .*--samples 64", "--samples 64", "--samples 8"),
    Smaller(r"tocsin sensitivity", "$", " --samples 2"),
    # The start of a command, measured once, kept elsewhere than in the file that documents quote.
    Smaller(r"python -m benchmarks( --|$)", r"benchmarks( --full)?(.*)", r"benchmarks --smoke\2"),
    Smaller(r"python -m benchmarks .*--write", " --write", " --json new.json"),
    Smaller(r"python -m benchmarks .*--only queue", " --only queue", ""),
    Smaller(r"python -m benchmarks .*--before HEAD", " --before HEAD", ""),  # here is no repository
    Smaller(r"python -m benchmarks( --|$)(?!.*--list)", "$", " --only start"),
    Smaller(r"python -m benchmarks\.mechanism", "$", SOME + " --only red-deadline"),
    Smaller(r"python -m benchmarks\.systems", "$", SOME + " --only arrests"),
    Smaller(r"python -m benchmarks\.phases", "$", SOME + " --only dens.hazard.leads_per_case"),
    Smaller(r"python -m benchmarks\.pooling", "$", " --seeds 2"),
    Smaller(r"python -m benchmarks\.posteriors", "$", " --sets 1 --members 10"),
    Smaller(r"python -m benchmarks\.forecast", "$", " --rounds 1 --only tiny"),
    # What pytest finds there; the tests are run by themselves.
    Smaller(r"python -m pytest (tests/|benchmarks)", "$", " --collect-only"),
)


@dataclass(frozen=True)
class Granted:
    """A file or folder that commands take for granted, and the command that makes it."""

    commands: str
    file: str
    by: str


HOME = shlex.quote(str(ROOT))
BUSY = "echo 'desks: {visit: {staff: 40}}'"


def small(file: str, members: int) -> str:
    """Return the command that writes a scenario of a week, which is calibrated in seconds, with so many members."""
    changes = "-e 's/^  scales: .*/  scales: [0.25]/' -e 's/^  seeds: .*/  seeds: 2/'"
    written = f"sed {changes} {HOME}/tests/calibration/small.yaml; echo '  members: {members}'"
    return f"mkdir -p scenarios; {{ {written}; }} > {file}"


GRANTED = (
    Granted(
        r"python -m|ruff",
        "benchmarks",
        # What benchmarks write into is copied; not the program: machine code belongs to the path of its source.
        f"cp -a {HOME}/benchmarks {HOME}/docs {HOME}/*.md {HOME}/*.toml {HOME}/noxfile.py . && ln -s {HOME}/tests .",
    ),
    Granted(r"ruff", "sim", f"ln -s {HOME}/sim ."),
    Granted(r"tocsin calibrate my\.yaml", "my.yaml", small("my.yaml", 0)),
    Granted(r".* calibrated\.yaml", "calibrated.yaml", f"cp {HOME}/tests/scenario/drawn/* ."),
    Granted(r".* fitted\.yaml", "fitted.yaml", f"cp {HOME}/tests/predictions/dra* . && mv drawn.yaml fitted.yaml"),
    Granted(r"tocsin ledger", "forecasts", f"cp -r {HOME}/forecasts ."),
    Granted(r"tocsin ledger .*--write", "docs", f"cp -r {HOME}/docs ."),
    Granted(r".* calibrated\.yaml policy\.yaml", "policy.yaml", "cp weak.yaml policy.yaml"),
    Granted(r".* (?=my\.yaml)", "my.yaml", "tocsin new my"),
    Granted(r".* scenarios/china-2022\.yaml", "scenarios/china-2022.yaml", small("scenarios/china-2022.yaml", 12)),
    Granted(r".* results/runs/(NAME|A|BASE)\b", "results/runs/NAME", "tocsin run tiny --out results/runs/NAME"),
    Granted(r".* results/runs/A\b", "results/runs/A", "cp -r results/runs/NAME results/runs/A"),
    Granted(r".* results/runs/BASE\b", "results/runs/BASE", "cp -r results/runs/NAME results/runs/BASE"),
    Granted(
        r".* results/runs/B\b", "results/runs/B", "tocsin run tiny --set desks.visit.staff=40 --out results/runs/B"
    ),
    Granted(
        r".* results/runs/OTHER\b",
        "results/runs/OTHER",
        "tocsin run tiny --set desks.visit.staff=40 --out results/runs/OTHER",
    ),
    Granted(
        r".* results/runs/compare-NAME",
        "results/runs/compare-NAME",
        f"tocsin new busy --from tiny && {BUSY} >> busy.yaml && "
        "tocsin compare tiny busy.yaml --replicates 2 --out results/runs/compare-NAME",
    ),
    Granted(r".* RUN\b", "RUN", "tocsin run china-2022 --scale 0.005 --pool country --out RUN"),
)

SCHEDULER = "tcp://HOST:8786"
"""The address of a Dask cluster, as documents have it."""


@dataclass(frozen=True)
class Elsewhere:
    """Commands that are not run here, why, and what runs the same."""

    commands: str
    why: str
    by: str


ELSEWHERE = (
    Elsewhere(r"python3 -m venv \.venv$", "makes an environment", ".ci/run"),
    Elsewhere(r"pip install ", "fetches what the environment is to have", ".ci/run"),
    Elsewhere(r"(ruff check \.|mypy)$", "the whole tree; in the README's second command", ".ci/run"),
    Elsewhere(r"python -m pytest -n 2( -m slow)?$", "all tests, of which this is one", ".ci/run"),
    Elsewhere(r"python -m benchmarks\.two_seeds$", "a calibration and its second", "tests/test_benchmarks.py"),
    Elsewhere(r"tocsin studio( |$)", "serves until somebody ends it", "tests/studio"),
    Elsewhere(r"tocsin verify( --write .*| --engine vector --quick)?$", "minutes", "tests/verify"),
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    document: str
    language: str
    name: str
    text: str

    def commands(self) -> Iterator[str]:
        """Yield its command lines, those with ``&&`` in them as several, without comments and the environment."""
        for line in self.text.replace("\\\n", "").splitlines():
            typed = re.split(r"(?:^|\s)#", line)[0].strip()
            yield from (command.removeprefix(".venv/bin/") for command in typed.split(" && ") if command)


def blocks_of(path: Path) -> list[Block]:
    """Return all blocks of a document, in order."""
    found = []
    for info, text in FENCE.findall(path.read_text(encoding="utf-8")):
        language, _, name = info.partition(" ")
        found.append(Block(named(path), language, name, text))
    return found


BLOCKS = [block for path in DOCUMENTS for block in blocks_of(path)]
TYPED = [block for block in BLOCKS if block.language == "sh"]
COMMANDS = list(dict.fromkeys(command for block in TYPED for command in block.commands()))
"""Each once, in the order of documents."""


def is_elsewhere(command: str) -> bool:
    """Return whether a command is run elsewhere."""
    return any(re.match(one.commands, command) for one in ELSEWHERE)


def here() -> list[tuple[str, list[str]]]:
    """Return what is run here: commands by the block in which they stand last, for some stand in several."""
    last = {command: number for number, block in enumerate(TYPED) for command in block.commands()}
    found = []
    for number, block in enumerate(TYPED):
        commands = [one for one in block.commands() if last[one] == number and not is_elsewhere(one)]
        if commands:
            found.append((f"{block.document}-{number}-{commands[0].split()[1]}", commands))
    return found


def smaller(command: str) -> str:
    """Return a command as it is run here."""
    for one in SMALLER:
        if re.match(one.commands, command):
            command = re.sub(one.found, one.instead, command, count=1)
    return command


SAID = (
    (r"tocsin ", r"warning: .*|measuring this machine, \d+ s"),
    (r"python -m benchmarks\.forecast", r"tiny.*: [\d.]+ s"),
    (r"python -m benchmarks( |$)", r"start \.\.\."),  # what is measured now
)
"""Lines that may stand on standard error, by command."""

LEFT = (
    (r".* --dry-run", ""),
    (r"tocsin run ", "results/runs/**/run.json"),
    (r"tocsin new policy", "policy.yaml"),
    (r"tocsin new second-policy", "second-policy.yaml"),
    (r"tocsin new my-policy", "my-policy.yaml"),
    (r"tocsin calibrate ", "results/calibrations/*/fit.md"),
    (r"tocsin compare (china|my)", "results/runs/compare-*/comparison.json"),
    (r"tocsin attribute ", "results/attributions/*/*.json"),
    (r"tocsin sweep ", "results/sweeps/*/*.json"),
    (r"tocsin sensitivity ", "results/sensitivities/*/*.json"),
    (r"tocsin staffing ", "results/staffings/*/*.json"),
    (r"tocsin .*report results/runs/NAME", "results/runs/NAME/report.html"),
    (r"tocsin report results/runs/compare-NAME", "results/runs/compare-NAME/report.html"),
)
"""What a command leaves, by command; the first that fits."""

MAY_END_WITH = ((r"python -m benchmarks\.forecast", (0, 1)),)
"""Exit codes but 0: a machine at work with other tests may be slower than it was measured."""


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command line in a folder, with the program and the Python of these tests."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TOCSIN_"))}
    environment["PYTHONPATH"] = str(ROOT)
    programs = {**PROGRAMS, "ruff": (*PROGRAMS["python"], "-m", "ruff")}
    functions = (f'{name}() {{ {shlex.join(words)} "$@"; }};' for name, words in programs.items())
    line = f"{' '.join(functions)} set -e; {command}"
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@contextmanager
def with_scheduler(command: str) -> Iterator[str]:
    """Give a command the address of a cluster that is there, if it names one."""
    if SCHEDULER not in command:
        yield command
        return
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", dashboard_address=None
    ) as cluster:
        yield command.replace(SCHEDULER, cluster.scheduler_address)


def outputs(command: str) -> list[str]:
    """Return the files and folders that a command names as those to which it writes."""
    return re.findall(r" (?:--out|--write|--json|>) (\S+)", command)


def changed(folder: Path, pattern: str) -> set[tuple[Path, int]]:
    """Return files and folders of a pattern with the times at which they were changed."""
    return {(path, path.stat().st_mtime_ns) for path in folder.glob(pattern)}


@pytest.mark.slow
@pytest.mark.parametrize("commands", [pytest.param(commands, id=name) for name, commands in here()])
def test_the_commands_of_a_block_run(commands: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    for typed in commands:
        for granted in GRANTED:
            if re.match(granted.commands, typed) and not (folder / granted.file).exists():
                done = run(granted.by, folder)
                assert (done.returncode, (folder / granted.file).exists()) == (0, True), f"{granted}: {done.stderr}"
        left = next((pattern for beginning, pattern in LEFT if re.match(beginning, typed)), "")
        before = {pattern: changed(folder, pattern) for pattern in [*outputs(smaller(typed)), *filter(None, [left])]}
        with with_scheduler(smaller(typed)) as command:
            started = perf_counter()
            done = run(command, folder)
        print(f"{perf_counter() - started:.1f} s  {command}")
        told = f"$ {command}\n{done.stderr}{done.stdout}"
        codes = next((codes for pattern, codes in MAY_END_WITH if re.match(pattern, command)), (0,))
        assert done.returncode in codes, told
        said = next((pattern for beginning, pattern in SAID if re.match(beginning, command)), "")
        assert all(re.fullmatch(said, line) for line in done.stderr.splitlines()), told
        assert all(changed(folder, pattern) - was for pattern, was in before.items()), told


@pytest.mark.slow
def test_the_scenario_of_the_readme_is_valid_and_runs(tmp_path: Path) -> None:
    (block,) = (one for one in BLOCKS if one.language == "yaml" and not one.name)
    (tmp_path / "own.yaml").write_text(block.text, encoding="utf-8")
    for command in ("tocsin validate own.yaml", f"tocsin run own.yaml{WEEK}"):
        done = run(command, tmp_path)
        assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("results/runs/two-hour-promise-*/run.json"))


WHOLE = re.compile(r'(?<=sim\.load_scenario\()("tiny"[^()]*)(?=\))')
SHORT = r'\1, period={"start": "2022-01-25", "end": "2022-01-31", "warmup": "1 d"}'
"""How programs of documents load a scenario, and how its two weeks are made one."""


PROGRAMS_SHOWN = [
    (f"{block.document}-{number}", block.text)
    for number, block in enumerate(one for one in BLOCKS if one.language == "python")
]
"""Programs that documents show."""


@pytest.mark.slow
@pytest.mark.parametrize("program", [pytest.param(text, id=name) for name, text in PROGRAMS_SHOWN])
def test_python_that_documents_show_is_a_file_that_runs(program: str, tmp_path: Path) -> None:
    """As a file without a guard, in an empty folder, by an interpreter that has read nothing else."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "program.py").write_text(f"print('read')\n{program}", encoding="utf-8")
    done = run("python program.py", folder)
    assert (done.returncode, done.stdout) == (0, "read\n"), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("program", [pytest.param(WHOLE.sub(SHORT, text), id=name) for name, text in PROGRAMS_SHOWN])
def test_python_that_documents_show_runs(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, which makes all runs itself, and for a week."""
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("program.py", run_name="program")


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_block_has_a_language_by_which_it_is_run(path: Path) -> None:
    blocks = blocks_of(path)
    assert path.read_text(encoding="utf-8").count("```") == 2 * len(blocks), "fences that do not end"
    for block in blocks:
        assert block.language in LANGUAGES, f"```{block.language}: {block.text}"
        if block.language == "console" or block.name:
            assert path.name in GUIDES, block
        if block.language == "text":
            assert not any(COMMAND.match(line) for line in block.text.splitlines(keepends=True)), block.text


def test_every_language_and_every_row_of_the_tables_is_needed() -> None:
    assert list(LANGUAGES) == [name for name in LANGUAGES if any(one.language == name for one in BLOCKS)]
    ran = [command for _, commands in here() for command in commands]
    for granted in GRANTED:
        assert any(re.match(granted.commands, command) for command in ran), granted
    for pattern, *_ in (*SAID, *LEFT, *MAY_END_WITH):
        assert any(re.match(pattern, command) for command in ran), pattern
    for elsewhere in ELSEWHERE:
        assert any(re.match(elsewhere.commands, command) for command in COMMANDS), elsewhere
        assert (ROOT / elsewhere.by).exists(), elsewhere
    assert any(SCHEDULER in command for command in ran)


def test_commands_that_are_run_elsewhere_can_be_typed() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for program, *words in map(shlex.split, filter(is_elsewhere, COMMANDS)):
        if program == "tocsin":
            commands[words[0]].make_context(words[0], words[1:])


def test_every_replacement_changes_a_command() -> None:
    unused = dict.fromkeys(SMALLER)
    for _, commands in here():
        for command in commands:
            for one in SMALLER:
                if re.match(one.commands, command):
                    before, command = command, re.sub(one.found, one.instead, command, count=1)
                    if command != before:
                        unused.pop(one, None)
    assert not unused
