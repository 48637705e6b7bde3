"""A text document as .odt, for letters that somebody goes on editing: paragraphs, nothing more."""

import io
import re
import zipfile
from dataclasses import dataclass
from xml.sax.saxutils import escape

CONTENT_TYPE = "application/vnd.oasis.opendocument.text"
FONT = "標楷體"  # what official papers are set in

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "text": "text",
        "style": "style",
        "fo": "xsl-fo-compatible",
        "svg": "svg-compatible",
        "meta": "meta",
    }.items()
)
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_DEEPEST = 4


@dataclass(frozen=True)
class Paragraph:
    """`label` (一、) hangs before the text, which keeps clear of it; `level` sets both in. A title is centred."""

    text: str
    label: str = ""
    level: int = 0
    is_title: bool = False

    @property
    def plain(self):
        """As it is copied out of a page."""
        return f"{'　　' * self.level}{self.label}{self.text}"


def write_odt(*, title, paragraphs):
    """The document; what XML cannot hold is replaced so that one sees it."""
    body = "".join(map(_paragraph, paragraphs))
    content = (
        f"<office:automatic-styles>{_styles()}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body>"
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", CONTENT_TYPE, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _manifest())
        archive.writestr(
            "meta.xml", _document("meta", f"<office:meta><dc:title>{_text(title)}</dc:title></office:meta>")
        )
        archive.writestr("styles.xml", _document("styles", _page()))
        archive.writestr("content.xml", _document("content", content))
    return sink.getvalue()


def _paragraph(paragraph):
    style = (
        "Title" if paragraph.is_title else f"P{min(paragraph.level, _DEEPEST)}{'L' * bool(paragraph.label)}"
    )
    label = f"{_text(paragraph.label)}<text:tab/>" if paragraph.label else ""
    lines = "<text:line-break/>".join(map(_text, paragraph.text.split("\n")))
    return f'<text:p text:style-name="{style}">{label}{lines}</text:p>'


def _text(text):
    return escape(_ILLEGAL.sub("\ufffd", text))


def _styles():
    """A4 公文: 16 pt, 1.5 lines; a labelled paragraph hangs by the width of its label."""
    font = f'style:font-name="{FONT}" style:font-name-asian="{FONT}"'
    text = f'<style:text-properties {font} fo:font-size="16pt" style:font-size-asian="16pt"/>'
    big = text.replace("16pt", "20pt")
    styles = [
        '<style:style style:name="Title" style:family="paragraph"><style:paragraph-properties '
        f'fo:text-align="center" fo:line-height="150%" fo:margin-bottom="0.4cm"/>{big}</style:style>'
    ]
    for level in range(_DEEPEST + 1):
        for suffix, hang in (("", 0), ("L", 1.7)):
            styles.append(
                f'<style:style style:name="P{level}{suffix}" style:family="paragraph"><style:paragraph-properties '
                f'fo:line-height="150%" fo:margin-left="{level * 1.13 + hang:.2f}cm" fo:text-indent="-{hang}cm">'
                f'<style:tab-stops><style:tab-stop style:position="0cm"/></style:tab-stops>'
                f"</style:paragraph-properties>{text}</style:style>"
            )
    return "".join(styles)


def _page():
    face = f'<style:font-face style:name="{FONT}" svg:font-family="{FONT}" style:font-pitch="variable"/>'
    return (
        f"<office:font-face-decls>{face}</office:font-face-decls>"
        '<office:automatic-styles><style:page-layout style:name="A4"><style:page-layout-properties '
        'fo:page-width="21cm" fo:page-height="29.7cm" fo:margin-top="2.54cm" fo:margin-bottom="2.54cm" '
        'fo:margin-left="3.17cm" fo:margin-right="3.17cm"/></style:page-layout></office:automatic-styles>'
        '<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="A4"/>'
        "</office:master-styles>"
    )


def _document(part, body):
    return f'<office:document-{part} {_NAMESPACES} {_DC} office:version="1.2">{body}</office:document-{part}>'


def _manifest():
    files = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="text/xml"/>'
        for path in ("content.xml", "styles.xml", "meta.xml")
    )
    return (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
        'manifest:version="1.2"><manifest:file-entry manifest:full-path="/" manifest:version="1.2" '
        f'manifest:media-type="{CONTENT_TYPE}"/>{files}</manifest:manifest>'
    )
