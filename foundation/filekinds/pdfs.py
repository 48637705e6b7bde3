"""PDF: pages, a cover, and a copy without properties, names in comments, scripts and attachments."""

import contextlib

import pikepdf
import pypdfium2

from . import Quarantined, pictures

MOST_PAGES = 5_000
COVER_WIDTH = 640
_SHOWN = "請用原來的軟體重新匯出 PDF 後再上傳。"
DAMAGED = f"PDF 損壞或不完整，無法開啟。{_SHOWN}"
# What a page or a button does when opened or pressed; those left after the copy only turn pages and follow links.
_LAUNCHES = {"/Launch"}
_SCRIPTED = {"/JavaScript", "/Rendition", "/ImportData", "/SubmitForm"}
_DROPPED_KEYS = ("/Metadata", "/PieceInfo", "/LastModified", "/SpiderInfo", "/AF", "/AA")
_ROOT_DROPPED = ("/OpenAction", "/AF", "/Collection", "/Perms", "/DSS", "/Legal")


def examine(path, folder, on_step):
    """Kind, facts and what was made of a PDF."""
    on_step(2, 4, "讀取 PDF")
    pages, removed = without_names(path, folder / "neutral")
    on_step(3, 4, "擷取封面")
    made = ["neutral"]
    if draw_cover(folder / "neutral", folder):
        made.append("cover")
    warnings = [f"評審用的副本已移除檔案內的{'、'.join(removed)}。"] if removed else []
    return {"kind": "pdf", "facts": {"pages": pages, "warnings": warnings}, "made": made}


def draw_cover(path, folder):
    """The first page as a picture; False where there is nothing that could be drawn."""
    try:
        document = pypdfium2.PdfDocument(path)
        page = document[0]
        width, height = page.get_size()
        picture = page.render(scale=min(COVER_WIDTH / width, 1.5 * COVER_WIDTH / height)).to_pil()
    except (pypdfium2.PdfiumError, ZeroDivisionError, ValueError):
        return False
    pictures.draw_cover(picture, folder)
    return True


def without_names(path, target):
    """(pages, what was taken out, in words); the copy is written to `target`."""
    try:
        with pikepdf.open(path) as document:
            if document.is_encrypted:
                raise Quarantined(
                    "PDF 加了密碼或保護，無法檢查內容。請移除保護（另存為不加密的 PDF）後再上傳。"
                )
            pages = len(document.pages)
            if not 0 < pages <= MOST_PAGES:
                raise Quarantined(f"PDF 有 {pages:,} 頁，須為 1 到 {MOST_PAGES:,} 頁。請分成幾個檔案。")
            removed = _cleaned(document)
            document.save(
                target,
                deterministic_id=True,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                linearize=True,
            )
    except pikepdf.PasswordError:
        raise Quarantined("PDF 加了密碼，無法檢查內容。請移除密碼後再上傳。") from None
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError, KeyError):
        raise Quarantined(DAMAGED) from None
    return pages, removed


def _cleaned(document):
    removed = {}
    root = document.Root
    if "/Info" in document.trailer:
        del document.trailer["/Info"]
    for key in _ROOT_DROPPED:
        if key in root:
            if key == "/OpenAction" and not _is_action(root[key]):
                continue  # only where to begin reading
            _refuse_launch(root[key])
            removed |= {"自動執行的動作": 1} if key == "/OpenAction" else {}
            del root[key]
    if "/Names" in root:
        for key, words in (("/JavaScript", "程式（JavaScript）"), ("/EmbeddedFiles", "附加檔案")):
            if key in root.Names:
                removed[words] = 1
                del root.Names[key]
    if "/AcroForm" in root and "/XFA" in root.AcroForm:
        del root.AcroForm["/XFA"]
    for thing in document.objects:
        if isinstance(thing, pikepdf.Stream):
            _clean(thing, removed)
            _clean_picture(thing)
        elif isinstance(thing, pikepdf.Dictionary):
            _clean(thing, removed)
        elif isinstance(thing, pikepdf.Array):
            _clean_inside(thing, removed)
    document.remove_unreferenced_resources()
    return list(removed)


def _clean_inside(array, removed, depth=0):
    for thing in array:
        if isinstance(thing, pikepdf.Dictionary) and not thing.is_indirect:
            _clean(thing, removed, depth + 1)
        elif isinstance(thing, pikepdf.Array) and not thing.is_indirect and depth < 50:
            _clean_inside(thing, removed, depth + 1)


def _clean(thing, removed, depth=0):
    """A dictionary without what names people; and what it holds directly. Indirect objects get their own turn."""
    for key in _DROPPED_KEYS:
        if key in thing:
            if key == "/AA":
                _refuse_launch(thing[key])
                removed["自動執行的動作"] = 1
            del thing[key]
    kind, subtype = thing.get("/Type"), thing.get("/Subtype")
    if kind == "/Annot" or ("/Rect" in thing and subtype is not None):
        _clean_annotation(thing, subtype, removed)
    if thing.get("/FT") == "/Sig" and "/V" in thing:
        removed["數位簽章"] = 1
        del thing["/V"]
    if _is_action(thing):
        _clean_action(thing, removed)
    if depth < 50:
        for value in [thing[key] for key in list(thing.keys()) if key != "/Parent"]:
            if isinstance(value, pikepdf.Dictionary) and not value.is_indirect:
                _clean(value, removed, depth + 1)
            elif isinstance(value, pikepdf.Array) and not value.is_indirect:
                _clean_inside(value, removed, depth + 1)


def _clean_annotation(thing, subtype, removed):
    if subtype in ("/FileAttachment", "/Screen", "/RichMedia", "/Movie", "/Sound", "/3D"):
        removed["附加檔案或多媒體註解"] = 1
        for key in [key for key in thing if key not in ("/Type", "/Subtype", "/Rect", "/P")]:
            del thing[key]
        thing.Subtype = pikepdf.Name.Square
        return
    for key in ("/M", "/NM", "/CreationDate", *(("/T",) if subtype != "/Widget" else ())):
        if key in thing:
            del thing[key]


def _is_action(thing):
    return (
        isinstance(thing, pikepdf.Dictionary)
        and isinstance(thing.get("/S"), pikepdf.Name)
        and (str(thing.S) in _LAUNCHES | _SCRIPTED | {"/URI", "/GoTo", "/GoToR", "/Named", "/GoToE"})
    )


def _refuse_launch(thing, depth=0):
    if not isinstance(thing, pikepdf.Dictionary) or depth > 5:
        return
    if thing.get("/S") == "/Launch":
        raise Quarantined(f"PDF 內有「開啟程式」的動作，可能有害，不予收下。請移除後{_SHOWN}")
    for value in [thing[key] for key in list(thing.keys())]:
        _refuse_launch(value, depth + 1)


def _clean_action(thing, removed):
    _refuse_launch(thing, depth=5)
    if str(thing.S) in _SCRIPTED:
        removed["程式（JavaScript）" if thing.S == "/JavaScript" else "自動執行的動作"] = 1
        for key in [key for key in thing if key != "/S"]:
            del thing[key]
        thing.S = pikepdf.Name.Named
        thing.N = pikepdf.Name("/NoOp")


def _clean_picture(stream):
    """A photograph keeps its camera's notes inside a PDF as well."""
    if stream.get("/Subtype") == "/Image" and stream.get("/Filter") == "/DCTDecode":
        raw = stream.read_raw_bytes()
        with contextlib.suppress(Quarantined):
            stripped = pictures.without_names(raw)
            if stripped != raw:
                parameters = stream.get("/DecodeParms")
                stream.write(stripped, filter=pikepdf.Name.DCTDecode, decode_parms=parameters)
