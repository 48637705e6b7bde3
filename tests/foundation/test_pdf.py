"""Papers: nothing is fetched from outside, and no character is lost unseen."""

import pypdfium2
import pytest
from django.test import override_settings

from foundation import pdf
from foundation.pdf import PdfRefused, pdf_renderer, render_pdf

PAGE = (
    '<!doctype html><html lang="zh-Hant-TW"><head><title>測試</title></head>'
    "<body><p>{{ name }}</p>BODY</body></html>"
)


def templates(body=""):
    """Settings with one template, page.html."""
    loaders = [("django.template.loaders.locmem.Loader", {"page.html": PAGE.replace("BODY", body)})]
    return override_settings(
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"loaders": loaders},
            }
        ]
    )


def text_of(content):
    return pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()


@templates()
def test_rare_names_are_printed():
    content = render_pdf("page.html", {"name": "林堃峯 喆 𠮷 𤧞 ʉ"})

    assert "林堃峯" in text_of(content)
    assert "𤧞" in text_of(content)


@templates()
def test_a_character_without_glyph_is_refused_by_name():
    with pytest.raises(PdfRefused) as refused:
        render_pdf("page.html", {"name": "王\U0010fffd明"})

    assert "「王\U0010fffd明」的「\U0010fffd」（U+10FFFD）" in str(refused.value)


@templates()
def test_names_are_not_markup():
    assert "<b>王</b>" in text_of(render_pdf("page.html", {"name": "<b>王</b>"}))


@pytest.mark.parametrize(
    "body",
    (
        '<img src="file:///etc/passwd">',
        '<img src="http://localhost:1/x.png">',
        '<link rel="stylesheet" href="file:///tmp/x.css">',
    ),
)
def test_nothing_is_fetched(body):
    with templates(body), pytest.raises(ValueError, match="may not fetch"):
        render_pdf("page.html", {"name": "王"})


@templates()
def test_papers_are_tagged():
    document = pypdfium2.PdfDocument(render_pdf("page.html", {"name": "王"}))

    assert pypdfium2.raw.FPDFCatalog_IsTagged(document)


@templates()
def test_the_same_paper_in_this_process():
    assert text_of(render_pdf("page.html", {"name": "王"}, apart=False)) == text_of(
        render_pdf("page.html", {"name": "王"})
    )


@templates()
def test_one_process_prints_several_papers_and_goes_on_after_a_refusal():
    with pdf_renderer() as render:
        first = render("page.html", {"name": "林堃峯"})
        with pytest.raises(PdfRefused):
            render("page.html", {"name": "王\U0010fffd明"})
        last = render("page.html", {"name": "喆𠮷"}, variant=None)

    assert "林堃峯" in text_of(first) and "喆𠮷" in text_of(last)


@templates()
def test_a_paper_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(pdf, "LONGEST", 0.05)

    with pytest.raises(RuntimeError, match="ended without an answer"):
        render_pdf("page.html", {"name": "王"})
