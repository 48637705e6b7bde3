"""Spreadsheets as careless and hostile people make them, built by hand, byte by byte where it matters."""

import io
import struct
import zipfile
import zlib

CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def make_zip(parts):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def xlsx_parts(*sheets, states=(), names=()):
    """The members of a workbook; each sheet is the inside of its <worksheet>."""
    listed, relations = "", ""
    parts = {"[Content_Types].xml": CONTENT_TYPES}
    for number, inside in enumerate(sheets, start=1):
        state = states[number - 1] if states else "visible"
        name = names[number - 1] if names else f"工作表{number}"
        listed += f'<sheet name="{name}" sheetId="{number}" state="{state}" r:id="rId{number}"/>'
        relations += f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        parts[f"xl/worksheets/sheet{number}.xml"] = f'<worksheet xmlns="{_MAIN}">{inside}</worksheet>'
    parts["_rels/.rels"] = (
        f'<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    )
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
    )
    parts["xl/_rels/workbook.xml.rels"] = f'<Relationships xmlns="{_RELATIONS}">{relations}</Relationships>'
    return parts


def make_xlsx(*sheets, **options):
    return make_zip(xlsx_parts(*sheets, **options))


def sheet_data(rows, *, more="", after=""):
    """Rows of texts, numbers and raw "<c …>" cells, from A1 on."""
    lines = []
    for row, values in enumerate(rows, start=1):
        cells = "".join(
            _cell(value, f"{chr(64 + column)}{row}") for column, value in enumerate(values, start=1)
        )
        lines.append(f'<row r="{row}">{cells}</row>')
    return f"<sheetData>{''.join(lines)}{more}</sheetData>{after}"


def _cell(value, reference):
    if value is None:
        return ""
    if isinstance(value, str):
        if value.startswith("<c"):
            return value.replace("<c", f'<c r="{reference}"', 1)
        return f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{reference}"><v>{value}</v></c>'


def ods_parts(*tables, styles=""):
    document = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_ODS_NAMES} office:version="1.2">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/></manifest:manifest>'
    )
    return {"mimetype": ODS_TYPE, "META-INF/manifest.xml": manifest, "content.xml": document}


def make_ods(*tables, **options):
    return make_zip(ods_parts(*tables, **options))


def ods_table(rows, *, name="工作表1", more="", style="ta1"):
    lines = "".join(f"<table:table-row>{''.join(map(ods_cell, values))}</table:table-row>" for values in rows)
    return f'<table:table table:name="{name}" table:style-name="{style}">{lines}{more}</table:table>'


def ods_cell(value):
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str):
        if value.startswith("<table:"):
            return value
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>x</text:p></table:table-cell>'


def overlapping_zip(parts, copies):
    """`parts`, and many directory entries over one local file: small to send, huge to unpack."""
    kernel = zlib.compress(bytes(1024 * 1024), 9, -zlib.MAX_WBITS)
    body, directory, count = b"", b"", 0

    def entry(name, packed, size, checksum, offset):
        encoded = name.encode()
        common = struct.pack("<HHHHHIIIHH", 20, 0x800, 8, 0, 33, checksum, len(packed), size, len(encoded), 0)
        local = b"PK\x03\x04" + common + encoded
        central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, offset)
        return local + packed, central + encoded

    for name, content in parts.items():
        raw = content.encode()
        packed = zlib.compress(raw, 9, -zlib.MAX_WBITS)
        local, central = entry(name, packed, len(raw), zlib.crc32(raw), len(body))
        body, directory, count = body + local, directory + central, count + 1
    shared_at = len(body)
    for copy in range(copies):
        local, central = entry(
            f"xl/media/{copy:04d}", kernel, 1024 * 1024, zlib.crc32(bytes(1024 * 1024)), shared_at
        )
        body += local if copy == 0 else b""
        directory, count = directory + central, count + 1
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def odd_zip(*members, before=b"", after=b""):
    """A zip written byte by byte. A member is a dict: name (str or bytes), content, and what lies about it:
    size, packed, flags, mode (Unix), local_name, method.
    """
    body, directory = before, b""
    for member in members:
        name = member["name"] if isinstance(member["name"], bytes) else member["name"].encode()
        content = member.get("content", b"x")
        method = member.get("method", 0)
        packed = zlib.compress(content, 9, -zlib.MAX_WBITS) if method == 8 else content
        flags = member.get("flags", 0 if isinstance(member["name"], bytes) else 0x800)
        own_name = member.get("local_name", name)
        facts = (zlib.crc32(content), member.get("packed", len(packed)), member.get("size", len(content)))
        local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, flags, method, 0, 33, *facts, len(own_name), 0)
        mode = member.get("mode", 0o100644) << 16
        directory += struct.pack(
            "<4s6H3L5H2L",
            *(
                b"PK\x01\x02",
                3 << 8 | 20,
                20,
                flags,
                method,
                0,
                33,
                *facts,
                len(name),
                0,
                0,
                0,
                0,
                mode,
                len(body),
            ),
        )
        directory += name
        body += local + own_name + packed
    count = len(members)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end + after
