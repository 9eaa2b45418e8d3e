"""Texts that people read are plain English: none of the phrasings that a reader has to decode is left in them.

``RIDDLES`` lists such phrasings with what to write instead; ``docs/glossary.md`` fixes the words. Read are all strings
and comments of ``sim/``, templates and scripts of its pages, comments of bundled scenarios, documents and notebooks.
"""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

RIDDLES: dict[str, str] = {
    # Uncertainty and chance.
    r"what is not known": "uncertainty; unknown",
    r"(is|was|were) of what (is|was)": "name the thing",
    r"(by |of )?chance alone": "run-to-run noise",
    r"what chance (does|did|moves|leaves)": "run-to-run noise",
    r"and of chance\b": "and run-to-run noise",
    r"how surely": "with what uncertainty; how certain",
    r"(what|all that) is known (of|about|by)": "evidence on ...; known ...",
    r"nothing is known (of|about)": "there is no evidence on ...; ... is unknown",
    r"fore(told|tells?|telling)": "predicted, predict",
    # Resuming and repeating.
    r"(goes|go|going|gone|went) on (with|where|from|here|there)": "resume, continue",
    r"the same command goes on": "run the same command again to resume",
    r"(one|run|sweep|experiment|session|search|alert|period|simulation) (goes|gone|went) on": "resumes, continues",
    r"is gone on with": "resumes",
    r"anew": "again",
    r"made again": "repeated, reproduced",
    r"mak(e|es|ing) (it|them|a run|runs|the run) again": "repeat, reproduce",
    # Refusals and errors.
    r"(is|are) none of (them|these|those|what|its|the)": "is not one of ...; must be ...",
    r"(?<!there )(is|are) none(?! of\b)": "is not one; has none",
    r"(?<!there )(is|are) no(?! (longer|more|fewer|less|better|worse|other|wider|larger|smaller)\b)": "is not a ...",
    r"(is|are) no \w+ at all": "must be ...; is not a ...",
    r"fault of the program": "internal error",
    r"(can)?not be had|be had (of|from|by)": "cannot ...; is not available",
    r"has nothing to compare with": "needs a baseline and another scenario",
    r"is no time at all": "must be longer than zero",
    r"does not bear|bears? (it|anything) out": "does not support; fails",
    # Same effect.
    r"com(e|es|ing) to the same": "has the same effect, rounds to the same",
    r"com(e|es|ing) to (something|nothing|no \w+)": "has (no) effect",
    r"com(e|es|ing) to more than": "exceeds",
    r"of no account": "irrelevant, ignored",
    r"the very same": "identical, the same",
    # Old or literary words.
    r"reckon(s|ed|ing)?": "compute, calculate",
    r"in vain": "failed, unsuccessfully",
    r"whoever|whomever|whosoever": "anyone who; users who; if you ...",
    r"(there|where|here)(of|in|upon|by)|lest|nought|naught": "plain words",
    r"for want of": "for lack of, because there is no",
    r"dear(er|est)": "more expensive, most expensive",
    r"mend(s|ed|ing)?": "fix, repair",
    r"beside": "next to, with, alongside; in addition to; apart from",
    r"in (its|their|whose) place": "instead",
    r"(?<!nothing )(but|save) for(?! (a|the) (moment|time)\b)": "except (for), apart from",
    r"each and every": "every",
    r"all else": "everything else",
    r"leav(e|es|ing) .{1,30} in peace": "stop, cancel",
    r"held (to|against)(?! be)": "compared with, judged by",
    r"what else": "other ...",
    r"com(e|es|ing) of (it|them|that|this|what|an? \w+)": "results from; the result of",
    # Telling, asking, saying.
    r"(what|as|that) (is|was|are|were) (told|asked|said)": "name the thing: the report, the request, the value",
    r"(is|are|was|were|be|being) told(?! apart)": "is shown, printed, reported, listed",
    r"told (before|beforehand|at once|of)": "computed before; reported at once",
    r"tells? of": "reports, describes",
    r"asked for": "requested",
    r"asked (about|of)": "requested, needed",
    r"(is|are) asked": "is requested, required",
    r"without a word": "silently, without a warning",
    r"as (was |is )?said": "as stated",
    # Chains of relative clauses.
    r"what (it|they|that|each|he|she) (is|are|was|were|has been) worth": "its value, its effect",
    r"what is to (come|be)": "the forecast, the future",
    r"what (has|had) been": "the past, the log, earlier ...",
    r"(of|to|by|for|in|on|at|from|with) what (is|was|are|were)": "name the thing instead of describing it",
    r"(of|to|by|for|with) that of (that|those|the ones?)": "name the thing",
    r"of (that|those) of": "of the ...'s",
    r"such as (are|is|were)": "those that are; such as X",
    r"of which (no|nobody|nothing|none|it|its|he)": "two sentences",
    r"whose events": "which events to log",
    r"as (it is|they are)(?=\s*([.,;:()]|$))": "unchanged; as stored; by itself",
    r"as (it is|they are) (bundled|shipped)": "the bundled ...",
    r"as \w+( \w+)? has (it|them)(?=\s*([.,;:()]|$))": "as in ...; in the form of ...",
    r"where (it|he|she|they) (has|have) it from": "its source",
    r"(is|are|was|were) to be": "must be, will be, should be",
    r"an? [\w-]+ of (its|his|her|their|your|our) own": "its own ...",
    r"(some|one|any|none|no \w+|[\w-]+s) of (its|their|your) own": "its own ...",
    r"lets? (go of)": "release",
    r"lets? (him|her|them|it|somebody|nobody|people|officers|desks) (do|have|be|go|wait)": "plain verb",
    r"has (it|them) done": "runs, calls",
    r"(?<=\. )(Left out|Refused|Kept|Meant|Shown|Named|Asked|Told|Counted) (is|are|too|was|were)": "subject first",
    r"but (the|a|an|that|its|their) (first|last|largest|smallest|ones?)": "except the ...",
    r"all (lines|of them|rows|others|days|columns|files) but": "all ... except",
    r"none but": "only",
    r"no \w+ but": "only",
    r"(nothing|nobody) (else )?but": "only, except",
    # The field's words.
    r"(wait|waits|waiting|stand|stands|somebody|nobody|persons?|people|alerts?|customers?) in line": "in the queue",
    r"(long|longest|shortest) line(?! of text)": "queue",
    r"lines? of (the |a |its |their )?(\w+ )?(desk|desks|province|provinces)": "queue of ...",
    r"desk'?s'? lines?": "queue of the desk",
    r"busy share": "utilisation",
    r"share of (their|its|the) time (that )?(officers|desks|servers) are busy": "utilisation",
    r"what (gangs|they|it) answers?": "their response",
}
"""Phrasings that must be decoded, as regular expressions between ends of words, and what to write instead."""

PHRASES = {re.compile(rf"(?<![\w-])(?:{phrase})(?![\w-])", re.I): plain for phrase, plain in RIDDLES.items()}

ALLOWED: dict[tuple[str, str], str] = {
    ("docs/fit-china-2022.md", "beside"): "bases of evidence, which are part of the scenario's hash",
}
"""Where such a phrasing is right: file and phrasing, and why."""

RECORDS = {
    "docs/rationale-archive.md": "decisions as they were written down then",
}
"""Documents that are not read, and why. Of the changelog only the top entry is read."""

FENCED = re.compile(r"^```(\w*)[^\n]*\n.*?^```$|^<!-- ([\w-]+): begin -->.*?^<!-- \2: end -->|`[^`\n]*`", re.M | re.S)
"""Blocks of documents, tables that commands write, and code within a line."""

SAID = {"sh", "yaml"}
"""Languages of blocks whose comments are read; the others show output and Python, which is read where it is made."""

CODE = re.compile(r"``[^`]*``|`[^`\n]*`")
"""Code within a docstring or comment."""


def blank(match: re.Match[str]) -> str:
    """Return a place holder of as many lines, without any phrasing; a block whose comments are read is kept."""
    if match.re is FENCED and match.group(1) in SAID:
        return match.group()
    return " X " + "\n" * match.group().count("\n")


def texts_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield the strings and the comments of Python source, each with its first line; neighbouring comments as one."""
    parts: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts.update(id(part) for part in node.values)
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.lineno, node.value
    first, lines = 0, [""]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if not token.line.lstrip().startswith("#") or token.start[0] != first + len(lines):
                yield first, "\n".join(lines)
                first, lines = token.start[0], []
            lines.append(token.string.lstrip("# "))
    yield first, "\n".join(lines)


def read(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a file that people read, each with the line on which it begins."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from ((line, CODE.sub(blank, part)) for line, part in texts_of(text) if " " in part.strip())
    elif path.suffix == ".md":
        first = 0
        if path.name == "CHANGELOG.md":
            first, second = [place.start() for place in re.finditer(r"^## ", text, re.M)][:2]
            text = text[:second]
        yield text.count("\n", 0, first) + 1, FENCED.sub(blank, text[first:])
    elif path.suffix == ".yaml":  # values are part of a scenario's hash, so only comments can change
        comments = [re.sub(r"^.*?(?:^|\s)#|^[^#]*$", "", line) for line in text.split("\n")]
        yield 1, CODE.sub(blank, "\n".join(comments))
    elif path.suffix == ".ipynb":
        said = ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        yield from ((1, CODE.sub(blank, part)) for part in said)
    else:
        yield 1, CODE.sub(blank, text)


def found(text: str) -> Iterator[tuple[int, str]]:
    """Yield each phrasing of a text that must be decoded: its line in the text, from 0, and what to write instead."""
    words = [word for word in re.finditer(r"[^\s#]+", text) if word.group() != "//"]
    flat = " ".join(word.group() for word in words)
    for phrase, plain in PHRASES.items():
        for match in phrase.finditer(flat):
            place = words[flat.count(" ", 0, match.start())].start()
            yield text.count("\n", 0, place), f"{match.group()!r}: {plain}"


def rooms() -> dict[str, list[Path]]:
    """Return the files that are read: of each folder of the package, its own modules, the scenarios, each document."""
    files: dict[str, list[Path]] = {}
    for path in sorted(path for kind in ("py", "jinja", "js") for path in (ROOT / "sim").rglob(f"*.{kind}")):
        parts = path.relative_to(ROOT).parts
        files.setdefault("/".join(parts[:2]) if len(parts) > 2 else "sim", []).append(path)
    files["scenarios"] = sorted((ROOT / "scenarios").rglob("*.yaml"))
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "results").glob("*.ipynb")]):
        if (name := path.relative_to(ROOT).as_posix()) not in RECORDS:
            files[name] = [path]
    return files


@pytest.mark.parametrize("room", rooms())
def test_it_is_said_plainly(room: str) -> None:
    places = sorted(
        (path.relative_to(ROOT).as_posix(), line + below, what)
        for path in rooms()[room]
        for line, text in read(path)
        for below, what in found(text)
    )
    wrong = [f"{name}:{line}: {what}" for name, line, what in places if (name, what.split("'")[1]) not in ALLOWED]
    assert not wrong, f"{len(wrong)} phrasings to decode\n" + "\n".join(wrong)


DECODED = (
    "answer (in brackets: 90% of what is not known, by 209 draws, and of chance)",
    "is none of them; none, all or a fraction",
    "Its folder; an unfinished one goes on",
    "Over the first N posterior draws, too: what is not known",
    "failed by a fault of the program",
    "has nothing to compare with",
    "where theory does not bear anything",
    "is no time at all",
    "cannot be had of pools",
    "what was reported is of what was, so it is not held to it",
    "which attempts that engage nobody could raise an alert, told before",
    "ms that tries from one on take in the median, all in vain",
    "leave a person who was reached in peace",
    "What is to come is reckoned, what has been is logged apart",
    "findings that the policy has anew",
    "9600.84 instead of its share comes to the same",
    "every answer how surely it is known",
    "by chance alone victims ±1.3%",
    "Compare policies on the very same attempts and people",
    "Whose events are logged.",
    "Interrupted, the same command goes on.",
    "the officers with the longest line of a desk",
    "a seed of its own",
)
"""Sentences that had to be decoded, each of which the phrasings must find."""

PLAIN = (
    "90% intervals: parameter uncertainty (209 posterior draws) and run-to-run noise (±1.3% for victims)",
    "--events must be 'none', 'all' or a number from 0 to 1",
    "Output folder; run the same command again to resume",
    "Also run N posterior draws, for parameter uncertainty",
    "internal error (ZeroDivisionError in results/chance.py:173). Nothing was kept.",
    "needs a baseline and another scenario",
    "must be longer than zero",
    "cannot split pools into provinces again",
    "Return the median ms until all remaining tries have failed, by tier, desk and try.",
    "There is no such folder. There are none of this name.",
    "Both sides are steep, for two reasons that have nothing to do with each other.",
    "Measures on a day: which are in force, and how strongly.",
    "796 and 398 officers both round to 1 at scale 0.001. Use --scale 0.0056 or larger.",
)
"""Sentences that are plain, in which the phrasings must find nothing."""


@pytest.mark.parametrize("sentence", DECODED)
def test_what_had_to_be_decoded_is_found(sentence: str) -> None:
    assert list(found(sentence))


@pytest.mark.parametrize("sentence", PLAIN)
def test_nothing_is_found_in_what_is_plain(sentence: str) -> None:
    assert not list(found(sentence))
