"""Lines break between words, and in Chinese between characters, never before a sign that closes."""

import textwrap

from rich.cells import cell_len

from sim.language import wrapped

ENGLISH = "Of 21.2 billion attempts 66% (65.8% to 66.2%) were stopped, most of them by the filters of calls and SMS."
CHINESE = (
    "电话岗在2022年11月的忙碌时间占100%。可增加人员（desks.call.staff），"
    "或减少派给他们的预警；tocsin staffing可算出需要多少。"
)


def test_english_is_broken_as_by_the_standard_library() -> None:
    for width in range(12, 90):
        told = textwrap.fill(ENGLISH, width, initial_indent="- ", subsequent_indent="    ", break_long_words=False)
        assert wrapped(ENGLISH, width, "- ", "    ") == told


def test_chinese_fills_its_lines_and_no_sign_begins_one() -> None:
    for width in range(24, 90):
        lines = wrapped(CHINESE, width, "- ", "    ").split("\n")
        assert "".join(line[2 if at == 0 else 4 :] for at, line in enumerate(lines)).replace(
            " ", ""
        ) == CHINESE.replace(" ", "")
        assert all(cell_len(line) <= width for line in lines)
        assert all(cell_len(line) > width - 24 for line in lines[:-1])
        assert not any(line.strip()[0] in "，。；：、）%" for line in lines)


def test_spaces_that_do_not_break_hold_words_together() -> None:
    assert wrapped("12\N{NO-BREAK SPACE}% of all", 6) == "12\N{NO-BREAK SPACE}%\nof all"
