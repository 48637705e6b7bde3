"""Slides and documents (.pptx, .docx, .odp, .odt): no macros, a cover, and a copy without who wrote them.

The copy is the same package with other properties: whatever a slide or a page shows stays byte by byte.
"""

import io
import re
import shutil

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from . import Quarantined, pdfs, pictures
from .archives import MB, Archive
from .copying import Copy, ending_of, is_litter
from .programs import run

_AGAIN = "請用 PowerPoint、Word 或 LibreOffice 開啟後重新存檔再上傳。"
_MOST_XML = 64 * MB
_MOST_INNER = 100 * MB
_CONVERT_SECONDS = 180
_MAIN_TYPES = {
    "presentationml.presentation.main": "pptx",
    "presentationml.slideshow.main": "ppsx",
    "presentationml.template.main": "potx",
    "wordprocessingml.document.main": "docx",
    "wordprocessingml.template.main": "dotx",
    "spreadsheetml.sheet.main": "xlsx",
}
_ODF_TYPES = {
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.graphics": "odg",
}
SAID = {
    "pptx": "簡報（.pptx）",
    "ppsx": "簡報播放檔（.ppsx）",
    "potx": "簡報範本（.potx）",
    "docx": "Word 文件（.docx）",
    "dotx": "Word 範本（.dotx）",
    "xlsx": "Excel 試算表（.xlsx）",
    "odp": "簡報（.odp）",
    "odt": "文件（.odt）",
    "ods": "試算表（.ods）",
    "odg": "繪圖（.odg）",
    "office": "Office 文件",
}
KINDS = {".pptx": "slides", ".odp": "slides", ".docx": "document", ".odt": "document"}
INNER_ENDINGS = {".pptx", ".docx", ".xlsx", ".odp", ".odt", ".ods"}
_MACRO_ENDINGS = {".pptm", ".ppsm", ".potm", ".docm", ".dotm", ".xlsm", ".xltm", ".xlam", ".ppam"}

# --- What a package is ------------------------------------------------------------------------------


def sort_of(archive):
    """A key of `SAID`; "" for a zip that is no office document."""
    if "mimetype" in archive:
        if sort := _ODF_TYPES.get(archive.read("mimetype", most=1024).strip()):
            return sort
    if "[Content_Types].xml" not in archive:
        return ""
    types = _content_types(archive)
    if any("macroenabled" in kind.lower() for kind in types):
        raise _macros()
    return next((sort for part, sort in _MAIN_TYPES.items() if any(part in kind for kind in types)), "office")


def _content_types(archive):
    root = read_xml(archive, "[Content_Types].xml")
    return [element.get("ContentType", "") for element in root]


def read_xml(archive, name):
    """The root of a member, without entities and document types."""
    try:
        return fromstring(archive.read(name, most=_MOST_XML), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Quarantined(
            f"檔案內的「{name}」不是正確的 XML，或含文件類型宣告，可能損壞或有害。{_AGAIN}"
        ) from None


def _macros():
    return Quarantined(
        "檔案含巨集（VBA），評審的電腦開啟時可能執行程式，不予收下。請另存為不含巨集的 .pptx、.docx 或 ODF 後再上傳。"
    )


def _refuse_what_runs(archive):
    for name in archive.names:
        lower = name.lower()
        base, ending = lower.rpartition("/")[2], ending_of(lower)
        if base in ("vbaproject.bin", "vbadata.xml") or ending in _MACRO_ENDINGS:
            raise _macros()
        if lower.startswith(("basic/", "scripts/")) and not lower.endswith(
            ("/", "script-lb.xml", "script-lc.xml")
        ):
            raise _macros()
        if "/activex/" in lower:
            raise Quarantined(f"檔案含 ActiveX 控制項，開啟時可能執行程式，不予收下。請移除控制項，{_AGAIN}")
        if ending == ".rels" and _FETCHES.search(archive.read(name, most=_MOST_XML)):
            raise Quarantined(
                f"檔案開啟時會向外部網址讀取範本或物件，不予收下。請中斷連結或改為內嵌，{_AGAIN}"
            )


# A template, an object or a frame from elsewhere is read when the document is opened; links are only followed.
_FETCHES = re.compile(
    rb"<Relationship\b(?=[^>]*/(?:attachedTemplate|oleObject|frame|subDocument)\")"
    rb"(?=[^>]*TargetMode=\"External\")(?=[^>]*Target=\"(?:https?:|ftp:|\\\\|mhtml:))[^>]*>",
    re.I,
)


# --- Looking into it --------------------------------------------------------------------------------


def examine(path, ending, folder, on_step):
    """Kind, facts and what was made of slides or a document."""
    with path.open("rb") as file:
        archive = Archive(file)
        on_step(2, 4, "讀取內容")
        archive.verify()
        sort = sort_of(archive)
        if sort != ending[1:]:
            said = SAID.get(sort, "一般的 ZIP 壓縮檔")
            raise Quarantined(
                f"檔名是 {ending}，內容卻是{said}。請用原來的軟體另存成真正的 {ending} 再上傳，不要只改副檔名。"
            )
        if "META-INF/manifest.xml" in archive and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise Quarantined("檔案加了密碼，無法檢查內容。請移除密碼後重新存檔再上傳。")
        _refuse_what_runs(archive)
        facts = {"warnings": [], **_count(archive, sort)}
        on_step(3, 4, "製作評審用的副本")
        copy_without_names(archive, folder / "neutral", folder)
        thumbnail = next((name for name in _THUMBNAILS if name in archive), None)
        picture = (
            archive.read(thumbnail, most=10 * MB) if thumbnail and archive[thumbnail].size <= 10 * MB else b""
        )
    made = ["neutral"]
    on_step(4, 4, "製作瀏覽版與封面")
    if _render(folder, ending):
        made.append("rendition")
        if pdfs.draw_cover(folder / "rendition", folder):
            made.append("cover")
    else:
        facts["warnings"].append("這台主機無法把檔案轉成瀏覽版，只能下載後開啟。")
    if "cover" not in made and picture and pictures.cover_from(picture, folder):
        made.append("cover")
    return {"kind": KINDS[ending], "facts": facts, "made": made}


_THUMBNAILS = ("docProps/thumbnail.jpeg", "docProps/thumbnail.png", "Thumbnails/thumbnail.png")
_SLIDE = re.compile(r"ppt/slides/slide\d+\.xml")


def _count(archive, sort):
    if sort == "pptx":
        return {"pages": sum(bool(_SLIDE.fullmatch(name)) for name in archive.names)}
    if sort == "odp" and "content.xml" in archive:
        return {"pages": archive.read("content.xml", most=_MOST_XML).count(b"<draw:page ")}
    return {}


def _render(folder, ending):
    """The neutral copy as PDF, made by LibreOffice where the machine has it; what it cannot read stays a download."""
    program = shutil.which("soffice")
    if program is None:
        return False
    source = folder / f"view{ending}"
    shutil.copy(folder / "neutral", source)
    arguments = [program, "--headless", "--norestore", f"-env:UserInstallation=file://{folder}/profile"]
    try:
        run(
            [*arguments, "--convert-to", "pdf", "--outdir", str(folder), str(source)],
            seconds=_CONVERT_SECONDS,
            cwd=folder,
            is_wide=True,
        )
        pdfs.without_names(folder / "view.pdf", folder / "rendition")
    except (Quarantined, OSError):
        return False
    finally:
        source.unlink()
    return True


# --- The copy without names -------------------------------------------------------------------------

_OOXML = "http://schemas.openxmlformats.org"
_EMPTY_PARTS = {
    "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_OOXML}/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": f'<Properties xmlns="{_OOXML}/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": f'<Properties xmlns="{_OOXML}/officeDocument/2006/custom-properties"/>',
    "docMetadata/LabelInfo.xml": '<clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"/>',
    "word/people.xml": '<w15:people xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"/>',
    "meta.xml": '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' office:version="1.2"><office:meta/></office:document-meta>',
}
_DROPPED = re.compile(
    r"docProps/thumbnail\.[a-z]+|Thumbnails/.*|.*/?printerSettings/.*|.*/?printerSettings\d*\.bin"
)
_XML_ENDINGS = {".xml", ".rels", ".rdf", ".vml"}
_BOUND_DATA = re.compile(r"customXml/item\d+\.xml")
_NOBODY = rb'\g<1>""'
_LOCAL_PATH = rb'"(?:file:|[A-Za-z]:[\\/]|\\\\)[^"]*"'
_OOXML_PEOPLE = (
    # Who wrote a comment or a change: name, initials, account.
    (
        re.compile(rb'((?<=[\s:])(?:author|initials|userId|providerId|lastModifiedBy|userName)=)"[^"]*"'),
        _NOBODY,
    ),
    (
        re.compile(rb'(<(?:\w+:)?(?:cmAuthor|author|person|chgData)\b[^>]*?\s(?:name|displayName)=)"[^"]*"'),
        _NOBODY,
    ),
    (re.compile(rb"<author>[^<]*</author>"), b"<author/>"),
    # Revision ids tell which documents come from one writer's machine.
    (re.compile(rb'\sw:rsid\w*="[^"]*"'), b""),
    (re.compile(rb"<w:rsids>.*?</w:rsids>", re.S), b""),
    # Where the file, a picture or a template lay on the writer's disk.
    (re.compile(rb"<x15ac:absPath\b[^>]*/>"), b""),
    (re.compile(rb"(\sTarget=)" + _LOCAL_PATH), rb'\1"NULL"'),
    (re.compile(rb"(\s(?:url|descr|title|name|src|o:href|o:title)=)" + _LOCAL_PATH), _NOBODY),
    # Pictures that would be fetched from elsewhere when the file is opened, and tell when and where it was.
    (
        re.compile(rb'(<Relationship\b(?=[^>]*/image")(?=[^>]*TargetMode="External")[^>]*?\sTarget=)"[^"]*"'),
        rb'\1"NULL"',
    ),
    # The relations of the parts that are left out.
    (re.compile(rb'<Relationship\b[^>]*(?:metadata/thumbnail|/printerSettings)"[^>]*/>'), b""),
    (re.compile(rb'<Override\b[^>]*PartName="/docProps/thumbnail[^>]*/>'), b""),
    (re.compile(rb'(<pageSetup\b[^>]*?)\s+r:id="[^"]*"'), rb"\1"),
)
_ODF_WRITERS = (
    rb"dc:creator|meta:creator-initials|text:initial-creator|text:creator|text:author-name|text:author-initials"
    rb"|text:sender-[a-z-]+"
)
_ODF_SETTINGS = (
    rb"PrinterName|PrinterSetup|PrintFaxName|CurrentDatabaseDataSource|CurrentDatabaseCommand|Rsid|RsidRoot"
)
_ODF_PEOPLE = (
    (re.compile(rb"(<(" + _ODF_WRITERS + rb")\b[^>]*>)[^<]*(</\2>)"), rb"\1\3"),
    (
        re.compile(rb'(<config:config-item\b[^>]*config:name="(?:' + _ODF_SETTINGS + rb')"[^>]*>)[^<]*(<)'),
        rb"\1\2",
    ),
    (re.compile(rb'\sofficeooo:(?:paragraph-)?rsid="[^"]*"'), b""),
    (re.compile(rb"(\sxlink:href=)" + _LOCAL_PATH), _NOBODY),
    (
        re.compile(rb'(<draw:(?:image|object|plugin|fill-image)\b[^>]*\sxlink:href=)"(?:https?|ftp):[^"]*"'),
        _NOBODY,
    ),
    (re.compile(rb'<manifest:file-entry\b[^>]*manifest:full-path="Thumbnails/[^>]*/>'), b""),
)


def copy_without_names(archive, target, folder, *, depth=0):
    """The same package with nothing that names who wrote it, on which machine and when."""
    people = _ODF_PEOPLE if "mimetype" in archive else _OOXML_PEOPLE
    with Copy(target, folder) as copy:
        for member in archive:
            if not (member.is_folder or is_litter(member.name) or _DROPPED.fullmatch(member.name)):
                _copy_member(archive, member, copy, folder, people, depth)


def _copy_member(archive, member, copy, folder, people, depth):
    ending = ending_of(member.name)
    if member.name in _EMPTY_PARTS:
        copy.add(member.name, [_EMPTY_PARTS[member.name].encode()])
    elif member.name == "mimetype":
        # First and as it is, for who looks at the beginning of the file.
        copy.add(member.name, archive.chunks(member), packed=False)
    elif _BOUND_DATA.fullmatch(member.name):
        copy.add(member.name, [b"<data/>"])
    elif ending in _XML_ENDINGS:
        copy.add(member.name, [_without(people, member.name, archive.read(member.name, most=_MOST_XML))])
    elif ending in INNER_ENDINGS and depth == 0:
        copy.add(member.name, [inner_copy(archive, member, folder)])
    else:
        copy.add_without_names(archive, member)


def _without(people, name, content):
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4]:
        raise Quarantined(f"檔案內的「{name}」不是 UTF-8 編碼，無法去除作者資料。{_AGAIN}")
    for pattern, nothing in people:
        content = pattern.sub(nothing, content)
    return content


def inner_copy(archive, member, folder):
    """A document inside another file, without its own names; as it is when it is no such document."""
    content = archive.read(member.name, most=_MOST_INNER)
    if not content.startswith(b"PK"):
        return content
    inner_folder = folder / "inner"
    inner_folder.mkdir()
    try:
        inner = Archive(io.BytesIO(content))
        inner.verify()
        if not sort_of(inner):
            return content
        copy_without_names(inner, inner_folder / "copy", inner_folder, depth=1)
        return (inner_folder / "copy").read_bytes()
    except Quarantined as refusal:
        raise Quarantined(f"檔案內的「{member.name}」：{refusal}") from None
    finally:
        shutil.rmtree(inner_folder)
