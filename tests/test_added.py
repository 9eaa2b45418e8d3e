"""What is added to the words of the model turns ``test_complete.py`` red, at every list that depends on it.

Each case adds one word, or one kind of measure, to a scratch copy of the sources, and runs that test module there.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILE = re.compile(r"\w+/[\w/]+\.(?:py|md)")
MEMBER = re.compile(r"^    [A-Z_]+ = \d+$", re.MULTILINE)


def with_member(text: str, kind: str, name: str, after: str) -> str:
    """Return the source of sim/base/words.py with one more word of a kind behind another; later codes go up by one."""
    begin = text.index(f"class {kind}(")
    end = text.find("\nclass ", begin) + 1
    members = [match.strip().split(" = ")[0] for match in MEMBER.findall(text, begin, end)]
    members.insert(members.index(after) + 1, name)
    first = MEMBER.search(text, begin, end)
    assert first is not None
    last = list(MEMBER.finditer(text, begin, end))[-1]
    lines = "\n".join(f"    {member} = {code}" for code, member in enumerate(members))
    return text[: first.start()] + lines + text[last.end() :]


def with_kind(text: str) -> str:
    """Return the source of sim/scenario/schema/measures.py with one more kind of measure."""
    curfew = (
        "class Curfew(Gradual):\n"
        '    """Nobody calls at night."""\n\n'
        '    row: ClassVar = Row("", NETWORK)\n'
        '    kind: Literal["curfew"]\n'
        '    """That nobody calls at night. Example: `curfew`"""\n'
        '    lines: Literal["mobile", "fixed"]\n'
        '    """Lines that are silent. Example: `mobile`"""\n\n\n'
        "Measure = Annotated["
    )
    return text.replace("Measure = Annotated[", curfew).replace("    | Outage,\n", "    | Outage\n    | Curfew,\n")


def scratch(folder: Path) -> None:
    """Copy the sources into a folder, with what ``test_complete.py`` reads."""
    for part in ("sim", "scenarios"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("docs/model.md", "tests/__init__.py", "tests/test_complete.py", "pyproject.toml"):
        (folder / part).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / part, folder / part)


WORDS, SCHEMA = Path("sim", "base", "words.py"), Path("sim", "scenario", "schema", "measures.py")
WARNING, LOOKS = "sim/scenario/schema/warning.py", "sim/report/looks.py"
NAMES, TELLING = "sim/told/vocabulary.py", "sim/scenario/schema/names.py"
ADDED: dict[str, tuple[Path, Callable[[str], str], tuple[str, ...]]] = {
    "fate": (
        WORDS,
        lambda text: with_member(text, "Fate", "SCREENED", "SITE_BLOCKED"),
        ("sim/base/words.py", "docs/model.md"),
    ),
    "kind of measure": (SCHEMA, with_kind, (str(SCHEMA), "docs/model.md")),
    "tier": (
        WORDS,
        lambda text: with_member(text, "Tier", "VIOLET", "BLUE"),
        (WARNING, "sim/verify/streams.py", NAMES, "sim/told/costs.py"),
    ),
    "channel of contacts": (
        WORDS,
        lambda text: with_member(text, "ContactChannel", "LETTER", "VISIT"),
        ("sim/base/words.py", WARNING, "sim/scenario/schema/costs.py", TELLING, NAMES),
    ),
    "channel of attempts": (
        WORDS,
        lambda text: with_member(text, "Channel", "VIDEO", "ONLINE"),
        (
            *("sim/scenario/schema/base.py", "sim/scenario/schema/measures.py", "sim/shield/answering.py"),
            *("sim/base/words.py", TELLING, NAMES),
        ),
    ),
    "end": (
        WORDS,
        lambda text: with_member(text, "End", "MISLAID", "OPEN"),
        ("sim/reading/outcomes.py",),
    ),
    "end of episodes": (
        WORDS,
        lambda text: with_member(text, "EpisodeEnd", "PERSUADED", "VICTIMS"),
        (
            *("sim/report/pictures/cascade.py", "sim/report/pictures/people.py", LOOKS),
            *("sim/engines/vector/episodes.py", "sim/engines/vector/log.py"),
        ),
    ),
    "outcome": (
        WORDS,
        lambda text: with_member(text, "Outcome", "PERSUADED", "HELD_CENTS"),
        ("sim/store/tables.py", NAMES, "sim/report/pictures/place.py"),
    ),
}
"""What somebody adds: where, how the source changes, and the files whose lists lack it."""


@pytest.mark.slow
@pytest.mark.parametrize("what", ADDED)
def test_what_is_added_is_missed_by_every_list_that_depends_on_it(what: str, tmp_path: Path) -> None:
    scratch(tmp_path)
    path, change, files = ADDED[what]
    source = (tmp_path / path).read_text(encoding="utf-8")
    (tmp_path / path).write_text(change(source), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_complete.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout, done.stderr)
    assert {FILE.findall(name)[0] for name in re.findall(r"^FAILED \S+\[(.*)\]", done.stdout, re.M)} == set(files)
