"""Tables on the terminal: whole where there is room, else with short numbers, at last with broken names."""

import io

import pytest
from rich.console import Console

from sim.experiments.lines import Lines, show


def printed(width: int) -> str:
    table = Lines(["quantity", "base", "95% interval"], ["quantity"])
    table.add_row("attempts_by_fate.den_destroyed", "1,477,124,140", "-3,547,020..1,685,420")
    table.add_row("change", "0.0625", "+9,378.7")
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show(console, [table])
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_where_there_is_room_nothing_is_shortened() -> None:
    lines = printed(100).splitlines()
    assert lines[0].split() == ["quantity", "base", "95%", "interval"]
    assert lines[1].split() == ["attempts_by_fate.den_destroyed", "1,477,124,140", "-3,547,020..1,685,420"]
    assert lines[2].split() == ["change", "0.0625", "+9,378.7"]


def test_numbers_are_shortened_before_names_are_broken() -> None:
    text = printed(60)
    assert "attempts_by_fate.den_destroyed" in text
    assert "1.48bn" in text
    assert "-3.55m..1.69m" in text
    assert "+9.38k" in text
    assert "0.0625" in text


@pytest.mark.parametrize("width", [40, 44])
def test_names_break_where_they_have_parts(width: int) -> None:
    lines = [line.rstrip() for line in printed(width).splitlines()]
    assert max(map(len, lines)) <= width
    at = next(number for number, line in enumerate(lines) if line.startswith("attempts_by_fate "))
    assert lines[at + 1] == ".den_destroyed"
