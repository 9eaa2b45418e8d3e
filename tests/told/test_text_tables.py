"""Tables on the terminal: whole where there is room, else with short numbers, at last in blocks."""

import io

import pytest
from rich.console import Console

from sim.told.tables import TextTable, show


def printed(width: int) -> str:
    table = TextTable(["quantity", "base", "95% interval"])
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


@pytest.mark.parametrize("width", [44, 40, 20])
def test_no_name_or_number_is_broken(width: int) -> None:
    lines = [line.strip() for line in printed(width).splitlines()]
    assert "attempts_by_fate.den_destroyed" in lines
    at = lines.index("attempts_by_fate.den_destroyed")
    if width > 30:
        assert lines[0].split() == ["95%"]
        assert lines[at + 1].split() == ["1.48bn", "-3.55m..1.69m"]
    else:
        assert lines[at + 1 : at + 3] == ["base: 1.48bn", "95% interval: -3.55m..1.69m"]


def test_titles_stand_above_the_rows_that_they_are_about() -> None:
    table = TextTable(["figure", "simulated"])
    table.add_row("2022-01-01..2022-11-30")
    table.add_row("calls", "5")
    console = Console(file=io.StringIO(), width=30, highlight=False)
    show(console, [table, "and text"])
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "figure   simulated",
        "2022-01-01..2022-11-30",
        "  calls          5",
        "and text",
    ]
