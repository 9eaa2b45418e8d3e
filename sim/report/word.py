"""A table as a document for Word, by python-docx, which belongs to the optional extra ``word``."""

from pathlib import Path
from typing import TYPE_CHECKING

from sim.base.failures import RefusedError
from sim.store.folder import demand_file, whole

if TYPE_CHECKING:
    import pandas as pd

STYLE = "Light Shading"
"""A style of the default template with rules above, below the heads and below, as papers have them."""


class ExchangeError(RefusedError, ImportError):
    """A library of an optional extra is not installed."""


def write_word(table: "pd.DataFrame", numbers: int, path: str | Path, caption: str) -> Path:
    """Write a table of texts with its caption; the file appears, or replaces an older one, whole or not at all.

    FolderError is raised where no file can have that name.

    Args:
        table: The table.
        numbers: How many columns at the right are numbers.
        path: The file.
        caption: What stands above the table.

    Returns:
        The file.

    Raises:
        ExchangeError: If python-docx is not installed.
    """
    try:
        import docx
        from docx.enum.text import WD_ALIGN_PARAGRAPH
    except ImportError:
        raise ExchangeError("python-docx is not installed; run pip install '.[word]' in the checkout") from None
    file = Path(path)
    demand_file(file)
    document = docx.Document()
    document.add_paragraph(caption, style="Caption")
    grid = document.add_table(rows=1, cols=len(table.columns), style=STYLE)
    for number, row in enumerate([tuple(table.columns), *table.itertuples(index=False)]):
        cells = grid.add_row().cells if number else grid.rows[0].cells
        for place, (cell, text) in enumerate(zip(cells, row, strict=True)):
            cell.text = str(text)
            if place >= len(row) - numbers:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    with whole(file) as unfinished:
        document.save(str(unfinished))
    return file
