"""The typesetter, without Django: HTML in, PDF out, and the characters that no font has.

`foundation.pdf` runs this as a program: the typesetter takes more memory than the rest of the portal
together, and gives it back only with its process.
"""

import json
import logging
import sys
import threading
from contextlib import contextmanager

# Kai is what the county's papers are set in; the last one comes with the Python packages, so it is always there.
_FLOOR = "portal-font:floor"
_FONTS = f"""
@font-face {{ font-family: "Portal Floor"; src: url({_FLOOR}); }}
html {{ font-family: "TW-Kai", "TW-Kai-Ext-B", "TW-Kai-Plus", "Noto Sans CJK TC", "Portal Floor"; }}
"""

# A line for each step of each document is not worth a line in the log.
logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)


def typeset(markup: str, variant: str | None) -> tuple[bytes, list[str]]:
    """The PDF and what it lacks; ValueError when the markup wants anything from outside."""
    # Imported when a paper is first asked for, as most processes never do.
    from pylopdf_fonts_zh_tw import sans_path
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class NothingOutside(URLFetcher):
        """Serves the one font of the Python packages; anything else stops the rendering."""

        def fetch(self, url, headers=None):
            if url == _FLOOR:
                font = sans_path().read_bytes()
                return URLFetcherResponse(url, font, {"Content-Type": "font/otf"})
            raise FatalURLFetchingError(f"a PDF may not fetch {url}")

    fonts, fetcher = FontConfiguration(), NothingOutside()
    style = CSS(string=_FONTS, font_config=fonts, url_fetcher=fetcher)
    try:
        with _missing_characters() as missing:
            content = HTML(string=markup, url_fetcher=fetcher).write_pdf(
                stylesheets=[style], font_config=fonts, pdf_variant=variant
            )
    except FatalURLFetchingError as error:
        # Theirs is a BaseException, which would end a worker instead of failing one request.
        raise ValueError(str(error)) from None
    return content, list(missing)


class _Listener(logging.Handler):
    """Hears of the glyphs that WeasyPrint could not draw, in this thread only."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.characters = {}

    def emit(self, record):
        if record.thread == self.thread and record.msg.startswith(".notdef glyph"):
            self.characters[record.args[0]] = None


@contextmanager
def _missing_characters():
    """The characters without a glyph, in the order met; filled while the block runs."""
    listener = _Listener()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(listener)
    try:
        yield listener.characters
    finally:
        logger.removeHandler(listener)


def main():
    """Each line on standard input is [markup, variant]; each answer is a line of JSON, then the PDF of that size."""
    for line in sys.stdin.buffer:
        try:
            content, missing = typeset(*json.loads(line))
            told = {"missing": missing, "refused": "", "size": len(content)}
        except ValueError as refusal:
            content, told = b"", {"missing": [], "refused": str(refusal), "size": 0}
        sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + content)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
