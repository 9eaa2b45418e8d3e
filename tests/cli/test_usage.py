"""How the command line is used: help, versions, mistakes, completion, what scripts read."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim import cli
from tests.cli.commands import CALIBRATED, ROOT, SHORT, Tocsin

HEAVY = {"numba", "numpy", "pandas", "pyarrow", "pydantic", "simpy", "scipy", "ruamel", "yaml", "plotly", "jinja2"}


def program(*words: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run Python with these arguments as a process of its own, which can import the package."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def heavy_after(arguments: list[str], folder: Path) -> tuple[str, str]:
    """Return what a command prints, and the heavy libraries that it has imported."""
    source = (
        f"import sys; sys.argv = {['tocsin', *arguments]}\n"
        "from sim.cli import main\n"
        "try:\n    main()\n"
        f"finally:\n    print('heavy:', sorted({HEAVY} & set(sys.modules)))"
    )
    out, _, heavy = program("-c", source, folder=folder).stdout.rpartition("heavy: ")
    return out, heavy.strip()


def test_help_names_the_commands_that_there_are_and_imports_nothing_heavy(tmp_path: Path) -> None:
    out, heavy = heavy_after(["--help"], tmp_path)
    groups = re.split(r"^(\w+):\n", out.partition("Options:\n")[2], flags=re.M)[1:]
    listed = {name: re.findall(r"^  (\w+) ", text, re.M) for name, text in zip(groups[::2], groups[1::2], strict=True)}
    assert listed == {name: [one.__name__ for one in group] for name, group in cli.GROUPS.items()}
    assert list(listed) == ["Run", "Ask", "Look", "Check"]
    assert heavy == "[]"


def test_the_version_is_printed_alone_and_at_once(tmp_path: Path) -> None:
    assert heavy_after(["--version"], tmp_path) == (f"tocsin {sim.__version__}\n", "[]")
    # Whatever follows, it is the version that was asked for.
    assert heavy_after(["--version", "run"], tmp_path) == (f"tocsin {sim.__version__}\n", "[]")


def test_the_package_is_the_command_too(tmp_path: Path) -> None:
    shown = program("-m", "sim", "--version", folder=tmp_path)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, f"tocsin {sim.__version__}\n", "")
    helped = program("-m", "sim", folder=tmp_path)
    assert helped.returncode == 0
    assert helped.stdout.startswith("Usage: tocsin [OPTIONS] COMMAND")
    refused = program("-m", "sim", "run", folder=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "tocsin run: Missing argument 'SCENARIO'; see tocsin run --help\n"


@pytest.mark.slow
def test_a_run_of_the_package_names_the_command(tmp_path: Path) -> None:
    assert program("-m", "sim", "run", *SHORT, "--out", "here", "--quiet", folder=tmp_path).returncode == 0
    assert json.loads((tmp_path / "here" / "run.json").read_text())["command"].startswith("tocsin run china-2022 ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "china-2022", "--out", "full"], "tocsin run: full: the folder is not empty"),
        (["figures", "full"], "tocsin figures: full: is not a run"),
        (["show", "tiny", "--draw", "0"], "--draw: no draws are stored with 'tiny'"),
        (["run", CALIBRATED, "--draw", "3"], "--draw: there is no draw 3; must be 0 to 2"),
        (["run", CALIBRATED, "--draws", "2", "--draw", "0"], "--draws: cannot be combined with --draw or --replicates"),
    ],
)
def test_bad_usage_is_one_line_code_2_and_nothing_written(
    tocsin: Tocsin, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    ended = tocsin(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith(message)
    assert ended.err.count("\n") == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "file"]


def test_each_mistake_of_a_scenario_is_a_line(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: china-2022\nname: mine\nscale: 7\nfeedbak: on\n")
    for command in ("run", "validate", "show"):
        ended = tocsin(command, "mine.yaml")
        assert ended.code == 2
        lines = ended.err.splitlines()
        assert len(lines) == 2
        assert lines[0].startswith("mine.yaml:3:8: scale: ")
        assert lines[1].startswith("mine.yaml:4:1: feedbak: ")
    assert os.listdir(tmp_path) == ["mine.yaml"]


def test_validate_show_schema_and_scenarios_print_what_they_promise(tocsin: Tocsin) -> None:
    assert tocsin("validate", "china-2022").out.startswith("china-2022: no mistakes")
    shown = tocsin("show", "china-2022", "--set", "gangs.pools.crew=7", "--seed", "3").out.splitlines()
    assert any(line.startswith("seed: 3  # argument") for line in shown)
    assert any(line.startswith("scale: ") and "china-2022.yaml:" in line for line in shown)
    assert any("  # --set" in line for line in shown)
    assert "properties" in json.loads(tocsin("schema").out)
    listed = tocsin("scenarios").out.splitlines()
    assert any(re.match(r"china-2022 +\S", line) for line in listed)


def test_what_a_script_would_read_is_one_json_document(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("run", *SHORT, "--out", "here", "--quiet")
    (tmp_path / ".other.unfinished-1").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "run.json").write_text('{"status": "finished"}')
    listed = json.loads(tocsin("runs", ".", "--json").out)["runs"]
    manifest = json.loads((tmp_path / "here" / "run.json").read_text())
    finished = [row for row in listed if row["status"] == "finished"]
    assert {row["path"]: row["status"] for row in listed if row not in finished} == {
        ".other.unfinished-1": "unfinished",
        "odd": "unreadable",
    }
    assert finished == [
        {
            "path": "here",
            "status": "finished",
            **{key: manifest[key] for key in ("name", "seed", "scale", "engine")},
            "wall_s": manifest["performance"]["wall_s"],
        }
    ]
    checked = json.loads(tocsin("check", "here", "--json").out)
    assert checked["passed"] is True
    assert len(checked["checks"]) == len(tocsin("check", "here").out.splitlines()) - 1
    shown = json.loads(tocsin("show", "tiny", "--set", "gangs.pools.crew=7", "--json").out)
    assert shown["given"]["gangs.pools.crew"] == "--set"
    assert shown["sha256"] != json.loads(tocsin("show", "tiny", "--json").out)["sha256"]
    assert shown["scenario"]["name"] == "tiny"
    named = json.loads(tocsin("scenarios", "--json").out)["scenarios"]
    assert [row["name"] for row in named] == [line.split()[0] for line in tocsin("scenarios").out.splitlines()]
    (tmp_path / "here" / "alerts.parquet").write_bytes(b"")
    ended = tocsin("check", "here", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["passed"] is False


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("tocsin comp", ["compare"]),
        ("tocsin run no-", ["no-campaigns", "no-local", "no-warning"]),
        ("tocsin report --o", ["--out"]),
    ],
)
def test_the_shell_completes_commands_options_and_bundled_names(typed: str, offered: list[str], tmp_path: Path) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    environment = {**os.environ, **words, "_TOCSIN_COMPLETE": "complete_bash"}
    command = [sys.executable, "-c", "from sim.cli import main; main()"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == offered
    assert not done.stderr
