"""A table as .ods: its XML written piece by piece into the archive."""

import re
import zipfile
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

from .tables import AUTHOR, FORMATS, NOTES_SHEET, legal, note_lines, sheet_name

_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
        "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
        "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
        "config": "urn:oasis:names:tc:opendocument:xmlns:config:1.0",
        "dc": "http://purl.org/dc/elements/1.1/",
    }.items()
)
_SPACE_RUN = re.compile(r"^ +| +$|(?<= ) +", re.MULTILINE)
_DATES = (
    '<number:date-style style:name="ND" number:language="zh" number:country="TW">'
    '<number:year number:calendar="ROC"/><number:text>/</number:text>'
    '<number:month number:calendar="ROC" number:style="long"/><number:text>/</number:text>'
    '<number:day number:calendar="ROC" number:style="long"/>'
)

# Printed: A4 across, as wide as one page, with lines; the header rows come on each by themselves.
_PAGE = (
    '<office:automatic-styles><style:page-layout style:name="P"><style:page-layout-properties '
    'fo:page-width="29.7cm" fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1.5cm" '
    'style:scale-to-X="1" style:scale-to-Y="0" '
    'style:print="objects charts drawings zero-values grid"/></style:page-layout></office:automatic-styles>'
    '<office:master-styles><style:master-page style:name="Default" style:page-layout-name="P"/></office:master-styles>'
)


_WRAPPED = (
    '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="middle" fo:padding="0.1cm"/>'
)
_LINES = (
    '<style:style style:name="PT" style:family="table-cell"><style:table-cell-properties '
    'style:vertical-align="middle" fo:padding="0.2cm"/><style:paragraph-properties fo:text-align="center"/>'
    '<style:text-properties fo:font-size="16pt" style:font-size-asian="16pt"/></style:style>',
    '<style:style style:name="PL" style:family="table-cell"><style:table-cell-properties '
    'fo:wrap-option="wrap" style:vertical-align="middle" fo:padding="0.1cm"/></style:style>',
)


def write_ods(sink, title, columns, rows, written, notes, paper):
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", FORMATS["ods"], zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _manifest())
        archive.writestr("meta.xml", _meta(title))
        archive.writestr("styles.xml", _document("document-styles", _PAGE))
        archive.writestr("settings.xml", _settings(sheet_name(title), paper.lines_above if paper else 0))
        # A size is not known beforehand; content may pass 2 GB only where zip64 headers are allowed.
        with archive.open("content.xml", "w", force_zip64=True) as stream:
            for piece in _content(title, columns, rows, written, notes, paper):
                stream.write(piece.encode())


def _content(title, columns, rows, written, notes, paper):
    opening, closing = _document("document-content", "\n").split("\n")
    yield opening
    yield f"<office:automatic-styles>{_styles(columns, is_paper=paper is not None)}</office:automatic-styles>"
    yield "<office:body><office:spreadsheet>"
    yield f'<table:table table:style-name="ta" table:name={quoteattr(sheet_name(title))}>'
    for place, _ in enumerate(columns):
        yield f'<table:table-column table:style-name="co{place}"/>'
    if paper:
        if paper.title:
            yield _line(paper.title, "PT", len(columns))
        yield from (_line(line, "PL", len(columns)) for line in paper.above)
    header = "".join(_cell(legal(column.title), "H") for column in columns)
    yield f"<table:table-header-rows><table:table-row>{header}</table:table-row></table:table-header-rows>"
    styles = [f"c{place}" for place, _ in enumerate(columns)]
    for values in rows:
        cells = "".join(map(_cell, values, styles))
        yield f"<table:table-row>{cells}</table:table-row>"
    if paper:
        yield from (_line(line, "PL", len(columns)) for line in paper.below)
    yield "</table:table>"
    lines = list(note_lines(notes, written))
    if lines:
        name = NOTES_SHEET if sheet_name(title) != NOTES_SHEET else f"{NOTES_SHEET} 2"
        yield f'<table:table table:style-name="ta" table:name="{name}"><table:table-column table:style-name="coN"/>'
        for line in lines:
            yield f"<table:table-row>{_cell(line, 'T')}</table:table-row>"
        yield "</table:table>"
    yield f"</office:spreadsheet></office:body>{closing}"


def _line(text, style, columns):
    """A line across the whole table."""
    shown = _text(legal(text))
    covered = (
        f'<table:covered-table-cell table:number-columns-repeated="{columns - 1}"/>' if columns > 1 else ""
    )
    return (
        f'<table:table-row><table:table-cell table:style-name="{style}" office:value-type="string" '
        f'table:number-columns-spanned="{columns}"><text:p>{shown}</text:p></table:table-cell>{covered}</table:table-row>'
    )


def _cell(value, style):
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
    if isinstance(value, datetime):
        stated = f'office:date-value="{value.isoformat(timespec="seconds")}"'
        return f'<table:table-cell table:style-name="DT" office:value-type="date" {stated}/>'
    if isinstance(value, date):
        stated = f'office:date-value="{value.isoformat()}"'
        return f'<table:table-cell table:style-name="D" office:value-type="date" {stated}/>'
    if not isinstance(value, str):
        stated = f'office:value-type="float" office:value="{value}"'
        return f'<table:table-cell table:style-name="{style}" {stated}/>'
    style = style if style == "H" else "T"
    paragraphs = "".join(f"<text:p>{_text(line)}</text:p>" for line in value.split("\n"))
    return f'<table:table-cell table:style-name="{style}" office:value-type="string">{paragraphs}</table:table-cell>'


def _text(line):
    """One paragraph: a reader folds plain spaces at the ends and in a row, so these are spelled out."""
    text = escape(line)
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        text = _SPACE_RUN.sub(lambda run: f'<text:s text:c="{len(run.group())}"/>', text)
    return text.replace("\t", "<text:tab/>")


def _styles(columns, *, is_paper):
    wrapped = _WRAPPED if is_paper else ""
    styles = [
        '<style:style style:name="ta" style:family="table" style:master-page-name="Default"/>',
        '<style:style style:name="H" style:family="table-cell">'
        f'{wrapped}<style:text-properties fo:font-weight="bold" style:font-weight-asian="bold"/></style:style>',
        '<number:text-style style:name="NT"><number:text-content/></number:text-style>',
        f'<style:style style:name="T" style:family="table-cell" style:data-style-name="NT">{wrapped}</style:style>',
        *(_LINES if is_paper else ()),
        _DATES + "</number:date-style>",
        _DATES.replace('"ND"', '"NDT"')
        + '<number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text>'
        '<number:minutes number:style="long"/></number:date-style>',
        '<style:style style:name="D" style:family="table-cell" style:data-style-name="ND"/>',
        '<style:style style:name="DT" style:family="table-cell" style:data-style-name="NDT"/>',
        _width("coN", 100),
    ]
    for place, column in enumerate(columns):
        styles.append(_width(f"co{place}", column.width))
        data_style = ""
        if column.kind in ("decimal", "percent"):
            kind = "percentage" if column.kind == "percent" else "number"
            sign = "<number:text>%</number:text>" if column.kind == "percent" else ""
            styles.append(
                f'<number:{kind}-style style:name="N{place}"><number:number number:min-integer-digits="1" '
                f'number:decimal-places="{column.places}" number:min-decimal-places="{column.places}"/>{sign}'
                f"</number:{kind}-style>"
            )
            data_style = f' style:data-style-name="N{place}"'
        styles.append(
            f'<style:style style:name="c{place}" style:family="table-cell"{data_style}>{wrapped}</style:style>'
        )
    return "".join(styles)


def _width(name, characters):
    return (
        f'<style:style style:name="{name}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{characters * 0.2:.2f}cm"/></style:style>'
    )


def _document(root, body):
    return f'<office:{root} {_NAMESPACES} office:version="1.2">{body}</office:{root}>'


def _manifest():
    name = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    files = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="text/xml"/>'
        for path in ("content.xml", "styles.xml", "meta.xml", "settings.xml")
    )
    return (
        f'<manifest:manifest xmlns:manifest="{name}" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:version="1.2" '
        f'manifest:media-type="{FORMATS["ods"]}"/>{files}</manifest:manifest>'
    )


def _meta(title):
    stated = f"<dc:title>{escape(legal(title, ' '))}</dc:title><dc:creator>{AUTHOR}</dc:creator>"
    return _document("document-meta", f"<office:meta>{stated}</office:meta>")


def _settings(sheet, lines_above):
    """The header row stays in sight."""
    split = "".join(
        f'<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'
        for name, kind, value in (
            ("VerticalSplitMode", "short", 2),
            ("VerticalSplitPosition", "int", 1 + lines_above),
            ("ActiveSplitRange", "short", 2),
            ("PositionBottom", "int", 1 + lines_above),
        )
    )
    table = (
        f"<config:config-item-map-entry config:name={quoteattr(sheet)}>{split}</config:config-item-map-entry>"
    )
    view = (
        '<config:config-item-map-entry><config:config-item config:name="ViewId" config:type="string">view1'
        '</config:config-item><config:config-item-map-named config:name="Tables">'
        f"{table}</config:config-item-map-named></config:config-item-map-entry>"
    )
    views = f'<config:config-item-map-indexed config:name="Views">{view}</config:config-item-map-indexed>'
    settings = f'<config:config-item-set config:name="ooo:view-settings">{views}</config:config-item-set>'
    return _document("document-settings", f"<office:settings>{settings}</office:settings>")
