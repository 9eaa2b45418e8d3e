"""A finding, as ``run.json`` stores it."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def finding(
    kind: str,
    subject: str,
    window: Sequence[str | None],
    value: float | int,
    limit: object,
    sentence: str,
    suggestion: str | None = None,
    **more: Any,
) -> Row:
    """Return a finding; ``sim.reading.findings.findings`` explains its keys, and ``more`` are the others of them."""
    return {
        "kind": kind,
        "subject": subject,
        "window": list(window),
        "month": None,
        "value": value,
        "limit": limit,
        "provinces": [],
        "thinned": False,
        "sentence": sentence,
        "suggestion": suggestion,
    } | more
