"""The bundled scenarios: their names, the file of a name, and its bytes."""

import stat
from pathlib import Path

from sim.base.caches import PACKAGE, demand_folder
from sim.scenario.errors import Mistake, Place, ScenarioError, choices, dotted

SUFFIXES = (".yaml", ".yml")
READABLE = "use a file that can be read"

FLAGSHIP = "china-2022"
"""The scenario that commands and questions are about where they name none."""


def bundled_folder() -> Path:
    """Return the folder of the bundled scenarios: inside the installed package, or `scenarios/` of a checkout."""
    demand_folder()
    installed = PACKAGE / "bundled"
    return installed if installed.is_dir() else PACKAGE.parent / "scenarios"


def bundled_names() -> list[str]:
    """Return the names of the bundled scenarios, sorted."""
    return sorted(path.stem for path in bundled_folder().glob("*.yaml"))


def is_path(name: str) -> bool:
    """Return whether a text can only be a file's path, not the name of a bundled scenario."""
    return name.endswith(SUFFIXES) or "/" in name or "\\" in name


def bundled_scenarios() -> list[tuple[str, str]]:
    """Return name and title (its question) of each bundled scenario, sorted by name."""
    from sim.scenario.reading import read_nodes  # it needs a parser, which help does not

    rows = []
    for name in bundled_names():
        place = Place(f"{name}.yaml", 1, 1)
        node, _ = read_nodes((bundled_folder() / place.file).read_bytes(), place)
        title = node.child("title") if node is not None else None
        rows.append((name, str(title.value) if title is not None else ""))
    return rows


def find(name: str) -> tuple[Path, str]:
    """Return the file that a bundled scenario's name or a path means, and its shown name, or raise ScenarioError."""
    place = Place(name or "''", 1, 1)
    path = Path(name)
    problem = no_file(path)
    if problem is None:
        return path, name
    if is_path(name):
        raise ScenarioError([Mistake(place, dotted(()), f"the file {problem}", READABLE)])
    names = bundled_names()
    if name not in names:
        raise ScenarioError(
            [Mistake(place, dotted(()), "there is no such scenario and no such file", choices(name, names))]
        )
    return bundled_folder() / f"{name}.yaml", f"{name}.yaml"


def no_file(path: Path) -> str | None:
    """Return why a path is not a regular file; None if it is one."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "does not exist"
    except OSError as error:  # for example a long name, a circle of links, or a folder without permission
        return f"cannot be found: {error.strerror or type(error).__name__}"
    except ValueError:  # a character that no file name can have
        return "is not a valid file name"
    if stat.S_ISDIR(mode):
        return "is a folder"
    return None if stat.S_ISREG(mode) else "is not a regular file"


def read_bytes(path: Path, place: Place) -> bytes:
    """Return the bytes of a file, at most one more than allowed; ScenarioError if it cannot be read."""
    from sim.scenario.reading import MAX_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        what = f"cannot be read: {error.strerror or type(error).__name__}"
        raise ScenarioError([Mistake(place, dotted(()), what, READABLE)]) from None
