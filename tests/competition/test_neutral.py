"""The copies that judges get: content kept, names gone; what cannot be rewritten is refused."""

import io
import struct
import zipfile
import zlib

import pypdfium2
import pytest

from competition import neutral
from competition.neutral import NeutralRefused, neutral_copy
from foundation.pdf import render_pdf
from foundation.sheets import write_table

CANARY = "金絲雀作者"


def package(parts):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return target.getvalue()


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize("extension", [".pptx", ".docx", ".xlsx"])
def test_office_documents_lose_their_properties_and_keep_the_rest(extension):
    content = package(
        {
            "[Content_Types].xml": "<Types/>",
            "docProps/core.xml": f"<dc:creator>{CANARY}</dc:creator>",
            "docProps/app.xml": f"<Company>{CANARY}</Company>",
            "docProps/custom.xml": f"<v>{CANARY}</v>",
            "ppt/slides/slide1.xml": "<slide>看得到</slide>",
        }
    )

    parts = parts_of(neutral_copy(content, extension))

    assert CANARY not in "".join(parts.values())
    assert list(parts) == list(parts_of(content))
    assert parts["ppt/slides/slide1.xml"] == "<slide>看得到</slide>"


def test_an_opendocument_file_keeps_its_first_part_uncompressed():
    content = write_table("ods", title="表", columns=["甲"], rows=[("乙",)]).content

    copied = neutral_copy(content, ".ods")

    with zipfile.ZipFile(io.BytesIO(copied)) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    stripped = parts_of(neutral_copy(package({"meta.xml": CANARY, "content.xml": "內容"}), ".odp"))
    assert CANARY not in stripped["meta.xml"]
    assert stripped["content.xml"] == "內容"


def test_a_pdf_loses_its_author_and_still_opens(tmp_path, settings):
    template = tmp_path / "page.html"
    template.write_text(
        '<html lang="zh-Hant-TW"><head><title>作品</title><meta name="author" content="CANARY NAME">'
        '<meta name="generator" content="CANARY TOOL"></head><body>看得到</body></html>'
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    content = render_pdf("page.html", {}, variant=None)
    assert metadata(content)["Author"] == "CANARY NAME"  # in a compressed stream of objects

    copied = neutral_copy(content, ".pdf")

    assert len(copied) == len(content)
    assert "看得到" in pypdfium2.PdfDocument(copied)[0].get_textpage().get_text_range()
    assert (metadata(copied)["Author"].strip(), metadata(copied)["Creator"].strip()) == ("", "")
    assert metadata(copied)["Title"] == "作品"


def metadata(content):
    return pypdfium2.PdfDocument(content).get_metadata_dict()


def test_a_pdf_behind_a_password_is_refused():
    with pytest.raises(NeutralRefused):
        neutral_copy(b"%PDF-1.7 trailer <</Encrypt 5 0 R>>", ".pdf")


def test_a_pdf_whose_packed_names_unpack_too_far_is_refused(monkeypatch):
    packed = zlib.compress(b"/Author (CANARY)" + b"0" * 5000)
    head = b"1 0 obj <</Type/ObjStm/Filter/FlateDecode/Length %d>> stream\n" % len(packed)
    assert b"stream" in neutral_copy(head + packed + b"\nendstream", ".pdf")

    monkeypatch.setattr(neutral, "MOST_UNPACKED", 1000)
    with pytest.raises(NeutralRefused):
        neutral_copy(head + packed + b"\nendstream", ".pdf")


def test_a_pdfs_packet_and_hexadecimal_author_are_blanked():
    content = (
        b"%PDF-1.7 1 0 obj <</Author <43616E617279>/Creator (CANARY (x\\))) /Title (kept)>> endobj "
        b'<?xpacket begin="" id="W5M0"?><dc:creator>CANARY</dc:creator><?xpacket end="w"?>'
    )

    copied = neutral_copy(content, ".pdf")

    assert (b"CANARY" in copied, b"43616E617279" in copied) == (False, False)
    assert b"/Title (kept)" in copied
    assert len(copied) == len(content)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_png_loses_its_texts():
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    end = chunk(b"IEND", b"")
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"tEXt", b"Author\x00CANARY") + pixels + end

    assert neutral_copy(content, ".png") == b"\x89PNG\r\n\x1a\n" + header + pixels + end


def test_a_jpeg_loses_exif_and_comments():
    def segment(marker, data):
        return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data

    jfif, scan = segment(0xE0, b"JFIF"), segment(0xDA, b"scan") + b"pixels CANARY-LIKE \xff\xd9"
    content = b"\xff\xd8" + jfif + segment(0xE1, b"Exif CANARY") + segment(0xFE, b"CANARY") + scan

    assert neutral_copy(content, ".jpg") == b"\xff\xd8" + jfif + scan


@pytest.mark.parametrize("extension", [".zip", ".mp4", ".txt", ""])
def test_other_kinds_are_left_alone(extension):
    assert neutral_copy(b"anything", extension) is None


@pytest.mark.parametrize("extension", [".pptx", ".png", ".jpg"])
def test_what_is_no_such_file_has_no_properties(extension):
    assert neutral_copy(b"plain text", extension) == b"plain text"


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"PK"])
def test_a_damaged_document_is_refused(content):
    with pytest.raises(NeutralRefused, match="無法去除文件屬性"):
        neutral_copy(content, ".pptx")


def test_a_document_that_unpacks_too_far_is_refused(monkeypatch):
    monkeypatch.setattr(neutral, "MOST_UNPACKED", 1000)
    with pytest.raises(NeutralRefused):
        neutral_copy(package({"big.xml": "0" * 2000}), ".pptx")

    monkeypatch.setattr(neutral, "MOST_PARTS", 1)
    with pytest.raises(NeutralRefused):
        neutral_copy(package({"a": "", "b": ""}), ".pptx")
