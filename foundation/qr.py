"""QR squares, drawn with plain attributes so that a page and the PDF renderer show the same."""

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString

QUIET_ZONE = 4  # modules of white around the square, as readers need


def qr_svg(text: str, *, label: str, css: str = "qr") -> SafeString:
    """An svg element for the text; `label` says what it leads to."""
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=QUIET_ZONE))
    runs = "".join(_runs(y, row) for y, row in enumerate(rows))
    return format_html(
        '<svg class="{css}" viewBox="0 0 {size} {size}" role="img" aria-label="{label}">'
        '<rect width="{size}" height="{size}" fill="#fff"/><path fill="#000" d="{runs}"/></svg>',
        css=css,
        size=len(rows),
        label=label,
        runs=runs,
    )


def _runs(y, row):
    """The dark modules of one line, neighbours as one rectangle."""
    found, start = "", None
    for x, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            found, start = f"{found}M{start} {y}h{x - start}v1H{start}z", None
    return found
