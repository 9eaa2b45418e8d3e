"""The components of the guide, in both engines: equal bytes, and each of them changes something."""

import re
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import sim
from sim.scenario.load import changed
from tests.equality.both import ENGINES, assert_equal, differences

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to-component.md"
FEW: dict[str, Any] = {"desks.call.staff": 2, "period": {"start": "2022-01-28", "end": "2022-02-02", "warmup": "1 d"}}
PROGRAMS = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)


def module_of(program: str, folder: Path, name: str) -> ModuleType:
    """Write the imports and the class of a program into a module, and import it."""
    text = program.partition("\n\n\n")
    body = f"{text[0]}\n\n\n{text[2].partition(chr(10) * 3)[0]}\n"
    file = folder / f"{name}.py"
    file.write_text(body, encoding="utf-8")
    spec = util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_component_of_the_guide_runs_in_both_engines(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    name = f"guide_{number}"
    module = module_of(PROGRAMS[number], tmp_path, name)
    monkeypatch.setitem(sys.modules, name, module)
    (kind,) = (one for one in vars(module).values() if isinstance(one, type) and one.__module__ == name)
    scenario = sim.load_scenario("tiny", **FEW)
    one, other = (
        sim.run(changed(scenario, {"engine": engine}), tmp_path / engine, "all", components=[kind()])
        for engine in ENGINES
    )
    assert_equal(one, other)
    assert differences(one, sim.run(scenario, tmp_path / "without", "all"))
