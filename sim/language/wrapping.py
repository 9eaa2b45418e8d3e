"""Lines of text that break where the language allows: between words, and between Chinese characters."""

import re

_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60"
_PIECE = re.compile(rf"[（《“‘]*[{_WIDE}][，。；：、！？）》”’%]*|[^ {_WIDE}（《]+[，。；：、！？）》]*| +|[（《]")
"""What stays together: a wide character with its opening and closing signs, or a word."""


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> str:
    """Break text into lines of at most ``width`` columns; a longer word has its own line.

    Args:
        text: The text, without line breaks; no-break spaces hold words together.
        width: Columns; a wide character takes two.
        first: The indent of the first line.
        rest: The indent of the others.

    Returns:
        Lines, joined by line breaks.
    """
    from rich.cells import cell_len

    lines, line, empty, space = [], first, True, ""
    for piece in _PIECE.findall(text):
        if not piece.strip(" "):
            space = " "
            continue
        if not empty and cell_len(f"{line}{space}{piece}") > width:
            lines.append(line)
            line, space = rest, ""
        line += ("" if empty else space) + piece
        empty, space = False, ""
    return "\n".join([*lines, line])
