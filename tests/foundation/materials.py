"""Teaching materials made on the spot: good ones, and in every place that names its maker a canary."""

import io
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image, PngImagePlugin

from .hostile import make_zip

CANARY = "CANARY-KINGFISHER"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PRESENTATION = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


@cache
def video(ending=".mp4", *, codec="", seconds=2, extra=()):
    """A moving test picture with a tone; every field of the container names the canary."""
    codecs = {".mp4": ("mpeg4", "aac"), ".webm": ("libvpx", "libvorbis")}[ending]
    with TemporaryDirectory() as folder:
        target = Path(folder) / f"video{ending}"
        names = [
            f"{key}={CANARY}" for key in ("title", "artist", "author", "comment", "copyright", "description")
        ]
        subprocess.run(
            [
                *(get_ffmpeg_exe(), "-v", "error", "-nostdin"),
                *("-f", "lavfi", "-i", f"testsrc=size=320x240:rate=10:duration={seconds}"),
                *("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"),
                *("-c:v", codec or _h264_or(codecs[0], ending), "-pix_fmt", "yuv420p", "-c:a", codecs[1]),
                *[option for name in names for option in ("-metadata", name)],
                *("-metadata:s:v", f"handler_name={CANARY}", "-metadata:s:a", f"title={CANARY}"),
                *extra,
                target,
            ],
            check=True,
        )
        return target.read_bytes()


def _h264_or(codec, ending):
    return "libx264" if ending == ".mp4" else codec


def picture(form="JPEG", *, size=(320, 240)):
    """A plain picture with Exif, XMP and a comment."""
    target = io.BytesIO()
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    exif = Image.Exif()
    exif[0x013B] = exif[0x9C9D] = CANARY
    exif[0x0112] = 6
    options = {"exif": exif.tobytes()}
    if form == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Author", CANARY)
        texts.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{CANARY}</x:xmpmeta>")
        options["pnginfo"] = texts
    if form == "JPEG":
        options["comment"] = CANARY
        options["xmp"] = f"<x:xmpmeta>{CANARY}</x:xmpmeta>".encode()
    if form == "WEBP":
        options["xmp"] = f"<x:xmpmeta>{CANARY}</x:xmpmeta>".encode()
    if form == "GIF":
        options = {"comment": CANARY.encode()}
    image.save(target, form, **options)
    return target.getvalue()


def pdf(*, pages=2, encryption=False, change=lambda document: None):
    """Some pages; properties, XMP, a comment, a photograph and an attachment name the canary."""
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(595, 842))
    document.docinfo["/Author"] = document.docinfo["/Title"] = CANARY
    document.docinfo["/Company"] = CANARY
    with document.open_metadata() as metadata:
        metadata["dc:creator"] = [CANARY]
    page = document.pages[0]
    page.obj["/PieceInfo"] = pikepdf.Dictionary(App=pikepdf.Dictionary(Private=pikepdf.String(CANARY)))
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Text,
        Rect=[10, 10, 30, 30],
        T=pikepdf.String(CANARY),
        Contents=pikepdf.String("remark"),
    )
    page.obj["/Annots"] = pikepdf.Array([note])
    photograph = pikepdf.Stream(document, picture("JPEG"))
    photograph.Type, photograph.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    photograph.Width, photograph.Height, photograph.BitsPerComponent = 320, 240, 8
    photograph.ColorSpace, photograph.Filter = pikepdf.Name.DeviceRGB, pikepdf.Name.DCTDecode
    page.obj["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=photograph))
    page.obj["/Contents"] = pikepdf.Stream(document, b"q 500 0 0 300 40 400 cm /Im0 Do Q")
    document.attachments["note.txt"] = CANARY.encode()
    change(document)
    target = io.BytesIO()
    document.save(
        target,
        encryption=pikepdf.Encryption(owner="o", user=encryption or "") if encryption is not False else None,
    )
    return target.getvalue()


def pptx_parts(*, slides=2, **more):
    """The members of a presentation; properties, comments, pictures, paths and an inner table name the canary."""
    listed = "".join(f'<p:sldId id="{255 + number}" r:id="rId{number}"/>' for number in range(1, slides + 1))
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/ppt/presentation.xml" ContentType="{_PRESENTATION}"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_RELATIONS}">'
            f'<Relationship Id="rId1" Type="{_OFFICE_RELATIONS}/officeDocument" Target="ppt/presentation.xml"/>'
            f'<Relationship Id="rId2" Type="{_RELATIONS}/metadata/thumbnail" Target="docProps/thumbnail.jpeg"/>'
            "</Relationships>"
        ),
        "docProps/core.xml": f"<cp:coreProperties><dc:creator>{CANARY}</dc:creator></cp:coreProperties>",
        "docProps/app.xml": f"<Properties><Company>{CANARY}</Company></Properties>",
        "docProps/custom.xml": f"<Properties><property>{CANARY}</property></Properties>",
        "docProps/thumbnail.jpeg": picture("JPEG"),
        "customXml/item1.xml": f"<author>{CANARY}</author>",
        "ppt/presentation.xml": f"<p:presentation><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
        "ppt/commentAuthors.xml": f'<p:cmAuthorLst><p:cmAuthor id="0" name="{CANARY}" initials="{CANARY}"/></p:cmAuthorLst>',
        "ppt/authors.xml": f'<p188:authorLst><p188:author id="1" name="{CANARY}" userId="{CANARY}"/></p188:authorLst>',
        "ppt/slides/_rels/slide1.xml.rels": (
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE_RELATIONS}/image" '
            f'Target="https://example.test/{CANARY}.png" TargetMode="External"/></Relationships>'
        ),
        "ppt/media/image1.jpeg": picture("JPEG"),
        "ppt/media/image2.png": picture("PNG"),
        "ppt/media/media1.mp4": video(".mp4"),
        "ppt/embeddings/table.xlsx": make_zip(
            {
                "[Content_Types].xml": f'<Types xmlns="{_TYPES}"/>',
                "docProps/core.xml": f"<dc:creator>{CANARY}</dc:creator>",
            }
        ),
        **{
            f"ppt/slides/slide{number}.xml": (
                f'<p:sld><p:cNvPr id="1" name="照片" descr="C:\\Users\\{CANARY}\\photo.jpg"/><a:t>第 {number} 張 𠮷</a:t></p:sld>'
            )
            for number in range(1, slides + 1)
        },
    }
    return parts | more


def docx_parts(**more):
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{_TYPES}"><Override PartName="/word/document.xml" ContentType="{_WORD}"/></Types>'
        ),
        "docProps/core.xml": f"<cp:coreProperties><cp:lastModifiedBy>{CANARY}</cp:lastModifiedBy></cp:coreProperties>",
        "word/document.xml": (
            f'<w:document><w:p w:rsidR="00{CANARY}"><w:ins w:id="1" w:author="{CANARY}"><w:t>內容 喆</w:t></w:ins></w:p></w:document>'
        ),
        "word/comments.xml": f'<w:comments><w:comment w:author="{CANARY}" w:initials="{CANARY}"/></w:comments>',
        "word/people.xml": f'<w15:people><w15:person w15:author="{CANARY}"/></w15:people>',
        "word/settings.xml": f'<w:settings><w:rsids><w:rsidRoot w:val="{CANARY}"/></w:rsids></w:settings>',
        "word/_rels/settings.xml.rels": (
            f'<Relationships><Relationship Id="rId1" Type="{_OFFICE_RELATIONS}/attachedTemplate" '
            f'Target="file:///C:\\Users\\{CANARY}\\Normal.dotm" TargetMode="External"/></Relationships>'
        ),
    } | more


def odf_parts(sort="presentation", **more):
    return {
        "mimetype": f"application/vnd.oasis.opendocument.{sort}",
        "META-INF/manifest.xml": (
            '<manifest:manifest><manifest:file-entry manifest:full-path="/"/>'
            '<manifest:file-entry manifest:full-path="Thumbnails/thumbnail.png" manifest:media-type="image/png"/></manifest:manifest>'
        ),
        "meta.xml": f"<office:document-meta><meta:initial-creator>{CANARY}</meta:initial-creator></office:document-meta>",
        "settings.xml": f'<config:config-item config:name="PrinterName" config:type="string">{CANARY}</config:config-item>',
        "Thumbnails/thumbnail.png": picture("PNG"),
        "Pictures/1.jpg": picture("JPEG"),
        "content.xml": (
            f"<office:document-content><draw:page draw:name='page1'><office:annotation><dc:creator>{CANARY}</dc:creator>"
            f"</office:annotation><text:p>內容 堃</text:p></draw:page><draw:page />"
            f'<draw:image xlink:href="https://example.test/{CANARY}.png"/>'
            f"<text:author-name>{CANARY}</text:author-name></office:document-content>"
        ),
    } | more


def manifest(version="1.2", *, href="index.html", more=""):
    space = (
        "http://www.imsglobal.org/xsd/imscp_v1p1"
        if version != "1.2"
        else "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><manifest xmlns="{space}" identifier="M1">'
        f"<metadata><schema>ADL SCORM</schema><schemaversion>{version}</schemaversion>"
        f"<lom><lifecycle><contribute><centity><vcard>FN:{CANARY}</vcard></centity></contribute></lifecycle></lom></metadata>"
        f'<organizations default="O1"><organization identifier="O1"><title>認識嘉義</title>'
        f'<item identifier="I1" identifierref="R1"><title>第一單元</title></item></organization></organizations>'
        f'<resources><resource identifier="R1" type="webcontent" href="{href}"><file href="{href}"/></resource></resources>{more}</manifest>'
    )


def scorm_parts(
    version="1.2", *, page="<!doctype html><html><head><title>頁</title></head><body>嗨</body></html>", **more
):
    return {
        "imsmanifest.xml": manifest(version),
        "index.html": page.replace("<head>", f'<head><meta name="author" content="{CANARY}">'),
        "media/photo.jpg": picture("JPEG"),
        "media/film.mp4": video(".mp4"),
        "docs/handout.docx": make_zip(docx_parts()),
        "meta/lom.xml": f"<lom><vcard>{CANARY}</vcard></lom>",
        "desktop.ini": f"owner={CANARY}",
        "__MACOSX/._index.html": CANARY,
        "setup.exe": f"MZ{CANARY}",
    } | more
