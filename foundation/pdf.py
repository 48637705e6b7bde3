"""PDF from a template: nothing is fetched, and a character that no font has is refused by name."""

import logging
import threading
from contextlib import contextmanager
from html.parser import HTMLParser

from django.template.loader import render_to_string

from .errors import Refused

CONTENT_TYPE = "application/pdf"

# A line for each step of each document is not worth a line in the log.
logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)

# Kai is what the county's papers are set in; the last one comes with the Python packages, so it is always there.
_FLOOR = "portal-font:floor"
_FONTS = f"""
@font-face {{ font-family: "Portal Floor"; src: url({_FLOOR}); }}
html {{ font-family: "TW-Kai", "TW-Kai-Ext-B", "TW-Kai-Plus", "Noto Sans CJK TC", "Portal Floor"; }}
"""


class PdfRefused(Refused):
    """The document cannot be printed as it stands."""


def render_pdf(template: str, context: dict, *, variant: str | None = "pdf/ua-1") -> bytes:
    """The PDF of a template; tagged for screen readers unless another variant is asked for.

    Raises PdfRefused, naming the text, when the fonts lack a character of it.
    """
    markup = render_to_string(template, context)
    with _missing_characters() as missing:
        content = _written(markup, variant)
    if missing:
        raise PdfRefused(_refusal(markup, missing))
    return content


def _written(markup, variant):
    # Imported when a paper is first asked for: the typesetter takes memory that most processes never need.
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
        return HTML(string=markup, url_fetcher=fetcher).write_pdf(
            stylesheets=[style], font_config=fonts, pdf_variant=variant
        )
    except FatalURLFetchingError as error:
        # Theirs is a BaseException, which would end a worker instead of failing one request.
        raise ValueError(str(error)) from None


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


class _Texts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts = []

    def handle_data(self, data):
        self.texts.append(" ".join(data.split()))


def _refusal(markup, missing):
    parser = _Texts()
    parser.feed(markup)
    named = []
    for character in missing:
        text = next((text for text in parser.texts if character in text), character)
        text = text if len(text) <= 40 else f"{text[:40]}…"
        named.append(f"「{text}」的「{character}」（U+{ord(character):04X}）")
    return f"字型缺字，無法印出：{'、'.join(named)}。請安裝全字庫正楷體後再試，或改用字型有的寫法。"
