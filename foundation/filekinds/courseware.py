"""Teaching packages (.zip): SCORM 1.2, SCORM 2004, or pages with an index.html; a copy without who made them."""

import re
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree

from . import Quarantined, office
from .archives import MB, Archive
from .copying import Copy, ending_of, is_litter

MANIFEST = "imsmanifest.xml"
_INDEX = ("index.html", "index.htm")
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_SCHEMA = {"schema", "schemaversion"}
_MOST_PAGE = 16 * MB
_PAGES = {".html", ".htm", ".xhtml"}
# Programs for the visitor's machine: a browser has no use for them.
_PROGRAMS = {
    ".exe",
    ".dll",
    ".msi",
    ".bat",
    ".cmd",
    ".com",
    ".scr",
    ".ps1",
    ".vbs",
    ".jar",
    ".hta",
    ".lnk",
    ".sh",
    ".app",
}
_MAKERS = re.compile(
    rb"<meta\b(?=[^>]*\b(?:name|property)\s*=\s*[\"']?(?:author|creator|dc\.creator|dc\.publisher|dcterms\.creator|"
    rb"publisher|copyright|generator|article:author|og:site_name|owner|company|reply-to)\b)[^>]*>",
    re.I,
)
_LOM = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?lom\b", re.I | re.S)
NO_START = (
    "ZIP 裡沒有 SCORM 的 imsmanifest.xml，也沒有網頁教材的 index.html（須在最上層，或在唯一的資料夾裡）。"
    "請從製作軟體匯出 SCORM 或網頁後上傳；一般檔案請不要壓縮，逐一上傳。"
)


def examine(path, folder, on_step):
    """Kind, facts and what was made of a teaching package."""
    with path.open("rb") as file:
        archive = Archive(file)
        on_step(2, 4, "讀取套件")
        archive.verify()
        if sort := office.sort_of(archive):
            raise Quarantined(f"檔名是 .zip，內容卻是{office.SAID[sort]}。請改回原來的副檔名再上傳。")
        base = _only_folder(archive)
        kind, facts = _package(archive, base)
        on_step(3, 4, "製作評審用的副本")
        dropped = _copy_without_names(archive, folder / "neutral", folder, base=base)
    facts["warnings"] = [f"評審看到的副本不含套件裡的程式（{'、'.join(dropped[:5])}）。"] if dropped else []
    return {"kind": kind, "facts": facts, "made": ["neutral"]}


def _package(archive, base):
    """(kind, facts) of the package; its start page is a member of the copy."""
    files = _files(archive)
    facts = {"entries": len(files), "unpacked": sum(member.size for member in files)}
    if base + MANIFEST in archive:
        kind, start, title = _manifest(archive, base)
    else:
        kind, title = "package_html5", ""
        start = next((each.name for each in files if each.name.removeprefix(base).lower() in _INDEX), None)
        if start is None:
            raise Quarantined(NO_START)
    return kind, facts | {"start_page": start.removeprefix(base), "title": title}


def _files(archive):
    return [member for member in archive if not member.is_folder and not is_litter(member.name)]


def _only_folder(archive):
    """ "" when something lies at the top, else the one folder that all lie in, with its slash."""
    files = _files(archive)
    tops = {member.name.partition("/")[0] for member in files}
    only = tops.pop() if len(tops) == 1 else ""
    return f"{only}/" if only and all("/" in member.name for member in files) else ""


# SCORM ---------------------------------------------------------------------------------------------


def _manifest(archive, base):
    root = office.read_xml(archive, base + MANIFEST)
    if _local(root) != "manifest":
        raise Quarantined("imsmanifest.xml 不是 SCORM 的套件清單。請從製作軟體重新匯出 SCORM 再上傳。")
    kind = "package_scorm2004" if _is_2004(root) else "package_scorm12"
    resources = {resource.get("identifier"): (resource, at) for resource, at in _resources(root)}
    item = _first_item(root)
    target = item.get("identifierref") if item is not None else None
    resource, at = resources.get(target) or next(
        (found for found in resources.values() if found[0].get("href")), (None, "")
    )
    if resource is None or not resource.get("href"):
        raise Quarantined(
            "imsmanifest.xml 沒有指出從哪一頁開始（resource 的 href）。請從製作軟體重新匯出 SCORM 再上傳。"
        )
    address = urlsplit(urljoin(at, resource.get("href")))
    start = base + unquote(address.path)
    if address.scheme or address.netloc or start not in archive:
        raise Quarantined(
            f"imsmanifest.xml 指出從「{resource.get('href')[:100]}」開始，套件裡卻沒有這個檔案。請從製作軟體重新匯出 SCORM 再上傳。"
        )
    if address.query or (item is not None and item.get("parameters")):
        start += "?" + (address.query or item.get("parameters").lstrip("?&"))
    return kind, start, _title(root)


def _is_2004(root):
    version = next((element.text or "" for element in root.iter() if _local(element) == "schemaversion"), "")
    namespaces = " ".join(element.tag for element in root.iter())
    return "2004" in version or "CAM 1.3" in version or "adlcp_v1p3" in namespaces


def _resources(root):
    """(resource, the folder its addresses start from) of each."""
    for group in root:
        if _local(group) == "resources":
            for resource in group:
                if _local(resource) == "resource":
                    at = urljoin(root.get(_XML_BASE, ""), group.get(_XML_BASE, ""))
                    yield resource, urljoin(at, resource.get(_XML_BASE, ""))


def _organization(root):
    """The one to be shown by default; None where there is none."""
    group = next((element for element in root if _local(element) == "organizations"), None)
    found = [element for element in group if _local(element) == "organization"] if group is not None else []
    default = group.get("default") if group is not None else None
    return next(
        (element for element in found if element.get("identifier") == default), found[0] if found else None
    )


def _first_item(root):
    organization = _organization(root)
    if organization is None:
        return None
    return next(
        (item for item in organization.iter() if _local(item) == "item" and item.get("identifierref")), None
    )


def _title(root):
    organization = _organization(root)
    if organization is None:
        return ""
    return next((" ".join((e.text or "").split())[:200] for e in organization if _local(e) == "title"), "")


def _local(element):
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


# The copy without names ----------------------------------------------------------------------------


def _copy_without_names(archive, target, folder, *, base):
    """Write the copy; returns the names of the programs that were left out.

    The folder that all lie in is left out as well: it is often called after whoever packed it.
    """
    dropped = []
    with Copy(target, folder) as copy:
        for member in _files(archive):
            ending, name = ending_of(member.name), member.name.removeprefix(base)
            if ending in _PROGRAMS:
                dropped.append(name)
            elif name.rpartition("/")[2] == MANIFEST:
                copy.add(name, [_manifest_without_names(archive, member.name)])
            elif ending in _PAGES and member.size <= _MOST_PAGE:
                copy.add(name, [_MAKERS.sub(b"", archive.read(member.name))])
            elif ending == ".xml" and member.size <= _MOST_PAGE:
                content = archive.read(member.name)
                copy.add(name, [b"<lom/>" if _LOM.match(content.removeprefix(b"\xef\xbb\xbf")) else content])
            elif ending in office.INNER_ENDINGS:
                copy.add(name, [office.inner_copy(archive, member, folder)])
            else:
                copy.add_without_names(archive, member, name)
    return dropped


def _manifest_without_names(archive, name):
    """Of the metadata only which standard it follows; comments go as well."""
    root = office.read_xml(archive, name)
    for metadata in [element for element in root.iter() if _local(element) == "metadata"]:
        for element in list(metadata):
            if _local(element) not in _SCHEMA:
                metadata.remove(element)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
