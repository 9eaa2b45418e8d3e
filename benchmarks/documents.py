"""Put what is measured between the markers of a document."""

import re
from collections.abc import Sequence
from pathlib import Path


def written(text: str, name: str, lines: str) -> str:
    """Return a document with a table between the markers of its name; raises ValueError without these markers."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"the document has not one pair of {begin} and {end}")
    return pattern.sub(lambda _: f"{begin}\n{lines}\n{end}", text)


def write_into(document: Path | None, name: str, lines: str) -> None:
    """Put a table between the markers of its name in a document, if there is one."""
    if document is not None:
        document.write_text(written(document.read_text(encoding="utf-8"), name, lines), encoding="utf-8", newline="\n")


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table with these names above its columns."""
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines]
