"""The core schema of YAML 1.2 (section 10.3.2), with underscores in numbers, and the limits of a text."""

import re

from sim.scenario.nodes import Scalar

MAX_DEPTH = 32
MAX_NODES = 100_000
TOO_MANY_NODES = ("the file holds too many values, aliases expanded", f"must hold at most {MAX_NODES:,}")
"""What is wrong with a text of more values, and what is allowed."""
LONGEST_KEY = 200
LONGEST_NUMBER = 320
"""Most characters of a number; longer ones stay text."""

INTEGER = re.compile(r"[-+]?[0-9](?:[0-9_]*[0-9])?", re.ASCII)
BASED = re.compile(r"0o[0-7]{1,22}|0x[0-9a-fA-F]{1,16}", re.ASCII)
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9](?:[0-9_]*[0-9])?(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def plain_scalar(text: str) -> Scalar:
    """Return the value of an unquoted scalar by the core schema: null, true, false, a number, else the text."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if len(text) <= LONGEST_NUMBER:
        if INTEGER.fullmatch(text):
            return int(text.replace("_", ""))
        if BASED.fullmatch(text):
            return int(text, 0)
        if FLOAT.fullmatch(text):
            return float(text.replace("_", ""))
        if SPECIAL.fullmatch(text):
            return float(text.replace(".", "", 1))
    return text
