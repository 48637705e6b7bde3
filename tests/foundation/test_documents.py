"""The text document: opens as what it says it is, holds what was said."""

import io
import zipfile

from defusedxml import ElementTree

from foundation.documents import CONTENT_TYPE, Paragraph, write_odt

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"


def parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        return {name: archive.read(name) for name in archive.namelist()}


def test_paragraphs_are_read_back():
    content = write_odt(
        title="函稿 & <一>",
        paragraphs=[
            Paragraph("嘉義縣政府　函", is_title=True),
            Paragraph("檢送名單「堃峯喆𠮷」<1份>，請查照。", label="主旨："),
            Paragraph("依據\n第二行\x0b", label="一、", level=9),
            Paragraph(""),
        ],
    )

    found = parts(content)
    assert found["mimetype"].decode() == CONTENT_TYPE
    root = ElementTree.fromstring(found["content.xml"])
    paragraphs = list(root.iter(f"{TEXT}p"))
    assert ["".join(paragraph.itertext()) for paragraph in paragraphs] == [
        "嘉義縣政府　函",
        "主旨：檢送名單「堃峯喆𠮷」<1份>，請查照。",
        "一、依據第二行\ufffd",
        "",
    ]
    assert [len(list(paragraph)) for paragraph in paragraphs] == [0, 1, 2, 0]  # tabs and line ends
    styles = {style.get(f"{STYLE}name") for style in root.iter(f"{STYLE}style")}
    assert {paragraph.get(f"{TEXT}style-name") for paragraph in paragraphs} <= styles
    for name in ("styles.xml", "meta.xml", "META-INF/manifest.xml"):
        ElementTree.fromstring(found[name])
    assert "函稿 &amp; &lt;一&gt;" in found["meta.xml"].decode()


def test_as_it_is_copied():
    assert Paragraph("依據", label="一、", level=1).plain == "　　一、依據"
