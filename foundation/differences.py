"""Two texts side by side. Only plain text in and out: the template escapes it."""

from dataclasses import dataclass, field
from difflib import SequenceMatcher

CONTEXT = 3  # unchanged lines shown around a change
# Comparing two lines letter by letter costs the product of their lengths.
LARGEST_PRODUCT = 4_000_000


@dataclass
class Line:
    """One row: the pieces (text, is_changed) of both sides; None where that side has no line."""

    left: list[tuple[str, bool]] | None
    right: list[tuple[str, bool]] | None
    is_changed: bool = True


@dataclass
class Difference:
    """What changed in one field; `blocks` are runs of rows, with unchanged text left out between them."""

    title: str
    blocks: list[list[Line]] = field(default_factory=list)


def between(pairs):
    """The differences of (title, before, after), one after the other; equal texts are left out."""
    found = [Difference(title, compare(before, after)) for title, before, after in pairs]
    return [difference for difference in found if difference.blocks]


def compare(before, after):
    """Blocks of rows around each change; none when the texts are equal."""
    if before == after:
        return []
    left, right = before.splitlines(), after.splitlines()
    groups = SequenceMatcher(None, left, right, autojunk=False).get_grouped_opcodes(CONTEXT)
    return [[line for opcode in group for line in _lines(opcode, left, right)] for group in groups]


def _lines(opcode, left, right):
    kind, left_start, left_end, right_start, right_end = opcode
    old, new = left[left_start:left_end], right[right_start:right_end]
    if kind == "equal":
        return [Line([(line, False)], [(line, False)], is_changed=False) for line in old]
    paired = min(len(old), len(new))
    rows = [_changed_line(*pair) for pair in zip(old, new, strict=False)]
    rows += [Line([(line, True)], None) for line in old[paired:]]
    rows += [Line(None, [(line, True)]) for line in new[paired:]]
    return rows


def _changed_line(old, new):
    if len(old) * len(new) > LARGEST_PRODUCT:
        return Line([(old, True)], [(new, True)])
    left, right = [], []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if i < j:
            left.append((old[i:j], kind != "equal"))
        if k < m:
            right.append((new[k:m], kind != "equal"))
    return Line(left, right)
