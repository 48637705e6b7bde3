"""PDF from a template: nothing is fetched, and a character that no font has is refused by name."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import contextmanager
from html import escape
from html.parser import HTMLParser
from io import BytesIO

from django.conf import settings
from django.template.loader import render_to_string

from .errors import Refused
from .typesetting import typeset

CONTENT_TYPE = "application/pdf"
LONGEST = 300  # seconds for one document


class PdfRefused(Refused):
    """The document cannot be printed as it stands; `missing` are the characters that no font has."""

    def __init__(self, message, missing=()):
        super().__init__(message)
        self.missing = set(missing)


def render_pdf(
    template: str, context: dict, *, variant: str | None = "pdf/ua-1", apart: bool = True
) -> bytes:
    """The PDF of a template; tagged for screen readers unless another variant is asked for.

    It is made in a process of its own, which takes its 200 MB away with it. `apart=False` is for a program
    that prints many and ends. Raises PdfRefused, naming the text, when the fonts lack a character of it.
    """
    return _render(_typeset_apart if apart else typeset, template, context, variant)


@contextmanager
def pdf_renderer():
    """`render_pdf` for several documents in one process: it takes a second to begin with, and only once."""
    with _typesetter() as ask:
        yield lambda template, context, *, variant="pdf/ua-1": _render(ask, template, context, variant)


def _render(typeset, template, context, variant):
    markup = render_to_string(template, context)
    content, missing = typeset(markup, variant)
    if missing:
        raise PdfRefused(_refusal(markup, missing), missing)
    return content


def missing_characters(text: str) -> list[str]:
    """Those of a text's characters that no font has, before a page is set."""
    characters = escape("".join(dict.fromkeys(text)))
    return _typeset_apart(f"<!doctype html><meta charset=utf-8><p>{characters}</p>", None)[1]


def join_pdfs(parts: Sequence[bytes]) -> bytes:
    """One document of the pages of several."""
    import pikepdf  # only where papers are joined

    target = BytesIO()
    with pikepdf.new() as joined:
        for part in parts:
            with pikepdf.open(BytesIO(part)) as document:
                joined.pages.extend(document.pages)
        joined.save(target)
    return target.getvalue()


def _typeset_apart(markup, variant):
    with _typesetter() as ask:
        return ask(markup, variant)


@contextmanager
def _typesetter():
    command = [sys.executable, "-m", "foundation.typesetting"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=settings.BASE_DIR, **pipes) as process:  # noqa: S603 - our own module
        try:
            yield lambda markup, variant: _ask(process, markup, variant)
        finally:
            process.kill()


def _ask(process, markup, variant):
    patience = threading.Timer(LONGEST, process.kill)
    patience.start()
    try:
        process.stdin.write(json.dumps([markup, variant]).encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError("the typesetter ended without an answer")
        told = json.loads(answer)
        content = process.stdout.read(told["size"])
    finally:
        patience.cancel()
    if told["refused"]:
        raise ValueError(told["refused"])
    return content, told["missing"]


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
