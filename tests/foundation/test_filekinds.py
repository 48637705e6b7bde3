"""Every kind of file looked into: the good ones and their copies without names, the bad ones and their reasons."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from foundation.filekinds import Quarantined, archives, office, pictures, sniffing, videos
from foundation.filekinds.examining import examine
from foundation.inspection import limits

from . import materials
from .hostile import make_ods, make_xlsx, make_zip, odd_zip, ods_table, overlapping_zip, sheet_data
from .materials import CANARY, docx_parts, manifest, odf_parts, pptx_parts, scorm_parts

ROOT = Path(__file__).parents[2]
MB = 1024 * 1024
START = {"name": "index.html", "content": b"<html></html>"}


@pytest.fixture
def look(tmp_path):
    """`look(content, name)`: what is found; `look.folder` then holds what was made."""

    def look(content, name):
        (tmp_path / "in").write_bytes(content)
        look.folder = tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
        look.folder.mkdir()
        return examine(tmp_path / "in", name=name, folder=look.folder, on_step=lambda *step: None)

    return look


@pytest.fixture
def reason_of(look):
    def reason_of(content, name):
        with pytest.raises(Quarantined) as refusal:
            look(content, name)
        return str(refusal.value)

    return reason_of


def names_the_canary(content):
    """Whether it is in any byte, however packed."""
    if any(CANARY.encode(codec) in content for codec in ("utf-8", "utf-16-le", "utf-16-be")):
        return True
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(names_the_canary(archive.read(name)) for name in archive.namelist())
    if content.startswith(b"%PDF"):
        with pikepdf.open(io.BytesIO(content)) as document:
            return any(_inside_pdf(thing) for thing in document.objects)
    return False


def _inside_pdf(thing):
    if isinstance(thing, pikepdf.Stream):
        if names_the_canary(thing.read_raw_bytes()):
            return True
        if thing.get("/Filter") == "/FlateDecode" and names_the_canary(thing.read_bytes()):
            return True
        return names_the_canary(b"".join(str(value).encode() for value in thing.stream_dict.values()))
    return names_the_canary(str(thing).encode()) or names_the_canary(repr(thing).encode())


# Good files ----------------------------------------------------------------------------------------

VIDEO = {"audio": "aac", "codec": "h264", "duration_ms": 2000, "height": 240, "width": 320, "warnings": []}
NO_VIEW = ["這台主機無法把檔案轉成瀏覽版，只能下載後開啟。"]
PROGRAM_LEFT_OUT = ["評審看到的副本不含套件裡的程式（setup.exe）。"]
GOOD = {
    "影片.mp4": (materials.video, "video", VIDEO, ["cover", "neutral"]),
    "影片.webm": (
        lambda: materials.video(".webm"),
        "video",
        VIDEO | {"codec": "vp8", "audio": "vorbis"},
        ["cover", "neutral"],
    ),
    "照片.JPG": (
        materials.picture,
        "image",
        {"width": 320, "height": 240, "warnings": []},
        ["cover", "neutral"],
    ),
    "圖.png": (
        lambda: materials.picture("PNG"),
        "image",
        {"width": 320, "height": 240, "warnings": []},
        ["cover", "neutral"],
    ),
    "圖.gif": (
        lambda: materials.picture("GIF"),
        "image",
        {"width": 320, "height": 240, "warnings": []},
        ["cover", "neutral"],
    ),
    "圖.webp": (
        lambda: materials.picture("WEBP"),
        "image",
        {"width": 320, "height": 240, "warnings": []},
        ["cover", "neutral"],
    ),
    "講義.pdf": (
        materials.pdf,
        "pdf",
        {"pages": 2, "warnings": ["評審用的副本已移除檔案內的附加檔案。"]},
        ["cover", "neutral"],
    ),
    "簡報.pptx": (
        lambda: make_zip(pptx_parts()),
        "slides",
        {"pages": 2, "warnings": NO_VIEW},
        ["cover", "neutral"],
    ),
    "簡報.odp": (
        lambda: make_zip(odf_parts()),
        "slides",
        {"pages": 2, "warnings": NO_VIEW},
        ["cover", "neutral"],
    ),
    "文件.docx": (lambda: make_zip(docx_parts()), "document", {"warnings": NO_VIEW}, ["neutral"]),
    "文件.odt": (
        lambda: make_zip(odf_parts("text")),
        "document",
        {"warnings": NO_VIEW},
        ["cover", "neutral"],
    ),
    "教材12.zip": (
        lambda: make_zip(scorm_parts()),
        "package_scorm12",
        {"start_page": "index.html", "title": "認識嘉義", "entries": 7, "warnings": PROGRAM_LEFT_OUT},
        ["neutral"],
    ),
    "教材2004.zip": (
        lambda: make_zip(scorm_parts("2004 3rd Edition")),
        "package_scorm2004",
        {"start_page": "index.html", "title": "認識嘉義", "entries": 7, "warnings": PROGRAM_LEFT_OUT},
        ["neutral"],
    ),
    "網頁.zip": (
        lambda: make_zip(
            {
                f"{CANARY}/Index.html": f'<meta name="author" content="{CANARY}">',
                f"{CANARY}/圖.jpg": materials.picture(),
            }
        ),
        "package_html5",
        {"start_page": "Index.html", "title": "", "entries": 2, "warnings": []},
        ["neutral"],
    ),
}


@pytest.fixture
def no_office(monkeypatch):
    monkeypatch.setattr(office.shutil, "which", lambda program: None)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_known_shown_and_copied_without_names(look, no_office, name):
    make_content, kind, facts, made = GOOD[name]
    content = make_content()
    assert names_the_canary(content), "the sample itself must name its maker"

    found = look(content, name)

    found["facts"].pop("unpacked", None)
    assert (found["kind"], found["facts"], sorted(found["made"])) == (kind, facts, made)
    assert sorted(path.name for path in look.folder.iterdir()) == made
    neutral = (look.folder / "neutral").read_bytes()
    assert not names_the_canary(neutral)
    if "cover" in made:
        with Image.open(look.folder / "cover") as cover:
            assert (cover.format, max(cover.size) <= 960) == ("JPEG", True)
    # The copy is a good file of the same kind, and the same bytes give the same bytes.
    look(content, name)
    assert (look.folder / "neutral").read_bytes() == neutral
    assert look(neutral, name)["kind"] == kind


def test_a_picture_keeps_its_pixels_and_its_turn(look):
    content = materials.picture()
    look(content, "照片.jpg")

    before = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    after = ImageOps.exif_transpose(Image.open(look.folder / "neutral"))
    assert (before.size, before.tobytes()) == (after.size, after.tobytes())
    assert before.size == (240, 320)


def test_slides_keep_what_they_show(look, no_office):
    look(make_zip(pptx_parts(slides=1)), "簡報.pptx")

    with zipfile.ZipFile(look.folder / "neutral") as copy:
        assert copy.read("ppt/slides/slide1.xml").decode() == (
            '<p:sld><p:cNvPr id="1" name="照片" descr=""/><a:t>第 1 張 𠮷</a:t></p:sld>'
        )
        assert b"thumbnail" not in copy.read("_rels/.rels")


def test_what_a_pdf_does_by_itself_is_taken_out_of_the_copy(look):
    def change(document):
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        document.Root.OpenAction = script
        document.pages[0].obj.AA = pikepdf.Dictionary(O=script)
        document.pages[0].obj.Annots.append(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=script
            )
        )

    found = look(materials.pdf(change=change), "講義.pdf")

    assert found["facts"]["warnings"] == [
        "評審用的副本已移除檔案內的自動執行的動作、附加檔案、程式（JavaScript）。"
    ]
    assert b"app.alert" not in (look.folder / "neutral").read_bytes()
    with pikepdf.open(look.folder / "neutral") as copy:
        assert not any("app.alert" in repr(thing) for thing in copy.objects)


def test_a_video_that_browsers_cannot_play_passes_with_a_warning(look):
    found = look(materials.video(codec="mpeg4"), "影片.mp4")

    assert found["facts"]["warnings"] == [
        "影像編碼是 mpeg4，瀏覽器可能無法播放，只能下載觀看。建議輸出成 MP4（H.264、8 位元）。"
    ]


def test_slides_become_pdf_where_the_machine_can(look, tmp_path, monkeypatch):
    program = tmp_path / "soffice"
    (tmp_path / "made.pdf").write_bytes(materials.pdf(pages=4))
    program.write_text(
        f'#!/bin/sh\nwhile [ "$1" != --outdir ]; do shift; done\ncp {tmp_path}/made.pdf "$2/view.pdf"\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(office.shutil, "which", lambda name: str(program))

    found = look(make_zip(pptx_parts()), "簡報.pptx")

    assert (found["made"], found["facts"]["warnings"]) == (["neutral", "rendition", "cover"], [])
    assert len(pypdfium2.PdfDocument(look.folder / "rendition")) == 4
    assert not names_the_canary((look.folder / "rendition").read_bytes())


def test_slides_that_the_converter_gives_up_on_stay_a_download(look, tmp_path, monkeypatch):
    monkeypatch.setattr(office.shutil, "which", lambda name: "/bin/false")

    assert look(make_zip(pptx_parts()), "簡報.pptx")["facts"]["warnings"] == NO_VIEW


def test_names_in_cp950_are_read(look):
    name = "教材/第一課.html".encode("cp950")
    found = look(odd_zip(START, {"name": name}), "教材.zip")

    assert found["facts"]["entries"] == 2
    with zipfile.ZipFile(look.folder / "neutral") as copy:
        assert copy.namelist() == ["index.html", "教材/第一課.html"]


@pytest.mark.parametrize(
    ("change", "start"),
    (
        ({"imsmanifest.xml": manifest(href="index.html?lang=zh#top")}, "index.html?lang=zh"),
        ({"imsmanifest.xml": manifest(href="%E8%AA%B2/a%20b.html"), "課/a b.html": "x"}, "課/a b.html"),
    ),
)
def test_start_pages_of_a_manifest(look, change, start):
    assert look(make_zip(scorm_parts() | change), "教材.zip")["facts"]["start_page"] == start


def test_every_kind_of_the_table_is_looked_into():
    assert {name.rpartition(".")[2].lower() for name in GOOD} | {"jpeg"} == {
        ending[1:] for ending in limits.ENDINGS
    }


# Bad files -----------------------------------------------------------------------------------------

PAGE = b"<!doctype html><html><script>alert(1)</script></html>"
EXE = b"MZ\x90\x00" + bytes(200)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def package(*members, **options):
    return lambda: odd_zip(START, *members, **options)


def flood():
    target = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(target, "PNG")
    return target.getvalue()


def truncated(content, share=0.5):
    return content[: int(len(content) * share)]


def launching(document):
    document.Root.OpenAction = pikepdf.Dictionary(
        S=pikepdf.Name.Launch, F=pikepdf.Dictionary(F=pikepdf.String("cmd.exe"))
    )


def launching_later(document):
    document.pages[0].obj.Annots[0].A = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("cmd.exe"))


FETCHING = (
    '<Relationships><Relationship Id="r" Type="http://x/relationships/oleObject" '
    'Target="https://example.test/a.html!" TargetMode="External"/></Relationships>'
)
ENTITIES = '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><manifest>&b;</manifest>'

BAD = {
    "nothing": ("教材.pdf", lambda: b"", "檔案是空的"),
    "a page as mp4": ("教材.mp4", lambda: PAGE, "內容卻是網頁（HTML）"),
    "a program as pptx": ("教材.pptx", lambda: EXE, "內容卻是程式（執行檔）"),
    "a script as pdf": ("教材.pdf", lambda: b"#!/bin/sh\n", "內容卻是程式（指令檔）"),
    "an ending not taken": ("教材.exe", lambda: EXE, "不收「.exe」"),
    "no ending": ("教材", lambda: EXE, "不收「沒有副檔名」"),
    "noise": ("教材.jpg", lambda: b"noise" * 100, "無法辨認"),
    "mov as mp4": ("影片.mp4", lambda: b"\0\0\0\x14ftypqt  " + bytes(99), "QuickTime"),
    "mkv as webm": ("影片.webm", lambda: b"\x1a\x45\xdf\xa3" + bytes(99), "MKV"),
    "old or encrypted pptx": ("簡報.pptx", lambda: OLE, "舊版 Office 文件（或加了密碼"),
    "docx as pptx": ("簡報.pptx", lambda: make_zip(docx_parts()), "內容卻是Word 文件（.docx）"),
    "xlsx as pptx": ("簡報.pptx", lambda: make_xlsx(sheet_data([["a"]])), "內容卻是Excel 試算表"),
    "ods as odp": ("簡報.odp", lambda: make_ods(ods_table([["a"]])), "內容卻是試算表（.ods）"),
    "zip as pptx": ("簡報.pptx", lambda: make_zip(scorm_parts()), "內容卻是一般的 ZIP"),
    "pptx as zip": ("教材.zip", lambda: make_zip(pptx_parts()), "內容卻是簡報（.pptx）"),
    "pdf and zip": ("講義.pdf", lambda: materials.pdf() + make_zip(scorm_parts()), "藏了一個 ZIP"),
    "picture and zip": ("圖.png", lambda: materials.picture("PNG") + make_zip({"a": "b"}), "藏了一個 ZIP"),
    "gif and page": (
        "圖.gif",
        lambda: b"GIF89a" + bytes(7) + b"<script>alert(1)</script>",
        "夾帶網頁程式碼",
    ),
    "picture and page": ("圖.jpg", lambda: materials.picture() + PAGE, "夾帶網頁程式碼"),
    "zip and pdf": (
        "教材.zip",
        lambda: odd_zip({"name": "a", "content": b"%PDF-1.7"}, START),
        "開頭卻也是 PDF",
    ),
    "encrypted pdf": ("講義.pdf", lambda: materials.pdf(encryption="secret"), "PDF 加了密碼"),
    "protected pdf": ("講義.pdf", lambda: materials.pdf(encryption=""), "PDF 加了密碼或保護"),
    "pdf that opens a program": ("講義.pdf", lambda: materials.pdf(change=launching), "開啟程式"),
    "pdf with such a button": ("講義.pdf", lambda: materials.pdf(change=launching_later), "開啟程式"),
    "pdf of nothing": ("講義.pdf", lambda: b"%PDF-1.7\nnothing", "PDF 損壞"),
    "half a video": ("影片.mp4", lambda: truncated(materials.video()), "影片無法讀取"),
    "half a picture": ("圖.png", lambda: truncated(materials.picture("PNG")), "圖檔損壞"),
    "pixel flood": ("圖.png", flood, "20,000×20,000 個像素"),
    "half a zip": ("教材.zip", lambda: truncated(make_zip(scorm_parts())), "不完整"),
    "macros": ("簡報.pptx", lambda: make_zip(pptx_parts() | {"ppt/vbaProject.bin": b"x"}), "巨集"),
    "macro type": (
        "簡報.pptx",
        lambda: make_zip(
            {
                "[Content_Types].xml": '<Types><Override ContentType="application/x.macroEnabled.main+xml"/></Types>'
            }
        ),
        "巨集",
    ),
    "pptm inside": ("簡報.pptx", lambda: make_zip(pptx_parts() | {"ppt/embeddings/a.pptm": b"x"}), "巨集"),
    "macros inside a document inside": (
        "教材.zip",
        lambda: make_zip(
            scorm_parts()
            | {"a.docx": make_zip({"[Content_Types].xml": '<Types><D ContentType="macroEnabled"/></Types>'})}
        ),
        "a.docx」：檔案含巨集",
    ),
    "macros in odf": ("簡報.odp", lambda: make_zip(odf_parts() | {"Basic/Standard/M.xml": "x"}), "巨集"),
    "activex": ("簡報.pptx", lambda: make_zip(pptx_parts() | {"ppt/activeX/a.xml": "x"}), "ActiveX"),
    "object from elsewhere": (
        "文件.docx",
        lambda: make_zip(docx_parts() | {"word/_rels/document.xml.rels": FETCHING}),
        "向外部網址",
    ),
    "encrypted odf": (
        "文件.odt",
        lambda: make_zip(odf_parts("text") | {"META-INF/manifest.xml": "<manifest:encryption-data/>"}),
        "加了密碼",
    ),
    "utf-16 inside": (
        "簡報.pptx",
        lambda: make_zip(pptx_parts() | {"ppt/a.xml": "<a/>".encode("utf-16")}),
        "不是 UTF-8",
    ),
    "entities": ("教材.zip", lambda: make_zip({"imsmanifest.xml": ENTITIES}), "不是正確的 XML"),
    "not a manifest": ("教材.zip", lambda: make_zip({"imsmanifest.xml": "<html/>"}), "不是 SCORM"),
    "no start page": (
        "教材.zip",
        lambda: make_zip({"imsmanifest.xml": manifest(href="gone.html")}),
        "從「gone.html」開始，套件裡卻沒有",
    ),
    "start page elsewhere": (
        "教材.zip",
        lambda: make_zip(
            {"imsmanifest.xml": manifest(href="https://example.test/index.html"), "index.html": ""}
        ),
        "套件裡卻沒有",
    ),
    "no resource": (
        "教材.zip",
        lambda: make_zip({"imsmanifest.xml": "<manifest><resources/></manifest>"}),
        "沒有指出從哪一頁開始",
    ),
    "neither manifest nor index": (
        "教材.zip",
        lambda: make_zip({"a.txt": "x"}),
        "沒有 SCORM 的 imsmanifest.xml",
    ),
    # Zips that lie or that would do harm.
    "encrypted zip": ("教材.zip", package({"name": "a", "flags": 1}), "加了密碼"),
    "climbing name": ("教材.zip", package({"name": "../../etc/passwd"}), "不是套件內的路徑"),
    "absolute name": ("教材.zip", package({"name": "/etc/passwd"}), "不是套件內的路徑"),
    "name with a drive": ("教材.zip", package({"name": "C:/a"}), "不是套件內的路徑"),
    "name with a backslash": ("教材.zip", package({"name": "a\\..\\b"}), "不是套件內的路徑"),
    "name with an empty part": ("教材.zip", package({"name": "a//b"}), "不是套件內的路徑"),
    "nul in a name": ("教材.zip", package({"name": "a\0.html"}), "控制字元"),
    "line break in a name": ("教材.zip", package({"name": "a\r\nb"}), "控制字元"),
    "turned name": ("教材.zip", package({"name": "a\u202egpj.exe"}), "控制字元"),
    "long name": ("教材.zip", package({"name": "x" * 300}), "路徑過長"),
    "long chinese name": ("教材.zip", package({"name": "長" * 104}), "路徑過長"),
    "deep name": ("教材.zip", package({"name": "/".join("abcdefghijklm")}), "資料夾太深"),
    "name in no encoding": ("教材.zip", package({"name": b"\xff\xfe\xfd"}), "編碼無法辨認"),
    "link": ("教材.zip", package({"name": "a", "mode": 0o120777}), "捷徑、連結或裝置"),
    "device": ("教材.zip", package({"name": "a", "mode": 0o020666}), "捷徑、連結或裝置"),
    "same name": ("教材.zip", package({"name": "a"}, {"name": "a"}), "同名的項目"),
    "same name by case": ("教材.zip", package({"name": "INDEX.html"}), "同名的項目"),
    "same name by form": ("教材.zip", package({"name": "é"}, {"name": "e\u0301"}), "同名的項目"),
    "file and folder": ("教材.zip", package({"name": "a"}, {"name": "a/b/c"}), "既是檔案又是資料夾"),
    "two names for one": ("教材.zip", package({"name": "a", "local_name": b"b"}), "所載的檔名不同"),
    "size that lies": ("教材.zip", package({"name": "a", "size": 5}), "大小或檢查碼"),
    "size that hides": (
        "教材.zip",
        package({"name": "a", "content": bytes(9 * MB), "size": 10, "method": 8}),
        "大小或檢查碼",
    ),
    "unknown packing": ("教材.zip", package({"name": "a", "method": 99}), "壓縮方式不支援"),
    "more before": ("教材.zip", lambda: odd_zip(START, before=b"PK\x03\x04hidden"), "前面"),
    "more behind": ("教材.zip", package(after=b"hidden"), "尾端夾帶"),
    "bomb": ("教材.zip", package({"name": "a", "content": bytes(300 * MB), "method": 8}), "壓縮炸彈"),
    "bomb in slides": (
        "簡報.pptx",
        lambda: make_zip(pptx_parts() | {"ppt/media/a.emf": bytes(300 * MB)}),
        "壓縮炸彈",
    ),
    "overlapping bomb": (
        "教材.zip",
        lambda: overlapping_zip({"index.html": "<html></html>"}, 500),
        "所載的檔名不同",
    ),
    "same place twice": ("教材.zip", lambda: shared_place(), "互相重疊"),
    "three gigabytes declared": (
        "教材.zip",
        package({"name": "a", "size": 3 << 30}, {"name": "b"}),
        "超過 2 GB",
    ),
    "many entries": (
        "教材.zip",
        lambda: odd_zip(*({"name": f"{number}.txt"} for number in range(5_001))),
        "超過 5,000 個",
    ),
}


def shared_place():
    """One member's bytes are a second member: each is well formed, and both unpack the same bytes."""
    inner = odd_zip({"name": "b", "content": b"kernel"})
    inner_local = inner[: inner.index(b"PK\x01\x02")]
    whole = odd_zip(START, {"name": "a", "content": inner_local}, {"name": "c"})
    end = whole.index(b"PK\x01\x02")
    place = whole.index(inner_local)
    directory = whole[end : whole.rindex(b"PK\x05\x06")]
    third = directory.rindex(b"PK\x01\x02")
    entry = inner[inner.index(b"PK\x01\x02") : inner.rindex(b"PK\x05\x06")]
    entry = entry[:42] + place.to_bytes(4, "little") + entry[46:]
    return whole[:end] + directory[:third] + entry + whole[whole.rindex(b"PK\x05\x06") :]


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_its_reason(reason_of, case):
    name, make_content, words = BAD[case]

    reason = reason_of(make_content(), name)

    assert words in reason
    assert reason.endswith("。")


@pytest.mark.parametrize(
    "case", ("bomb", "overlapping bomb", "many entries", "size that hides", "pixel flood")
)
def test_a_bomb_costs_little(tmp_path, case):
    """T6: refused by the process apart in seconds of the processor, under 300 MB, with nothing left."""
    name, make_content, words = BAD[case]
    (tmp_path / "in").write_bytes(make_content())
    (tmp_path / "out").mkdir()

    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path / "in"), name, str(tmp_path / "out")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    *_, verdict, most = done.stdout.splitlines()

    assert words in json.loads(verdict)["reason"]
    assert list((tmp_path / "out").iterdir()) == []
    assert int(most) < 300 * 1024


# In a small process of its own: a child's peak counts from that of the process it was forked from.
MEASURED = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "foundation.filekinds", *sys.argv[1:]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_an_inner_archive_is_not_opened(look):
    bomb = make_zip({"a": bytes(5 * MB)})

    found = look(make_zip({"index.html": "x", "nested.zip": bomb}), "教材.zip")

    assert (found["kind"], found["facts"]["unpacked"]) == ("package_html5", 1 + len(bomb))


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_noise_is_no_archive(noise):
    with pytest.raises(Quarantined):
        archives.Archive(io.BytesIO(b"PK\x03\x04" + noise))


@settings(deadline=None)
@given(st.data())
def test_a_damaged_archive_is_read_true_or_refused(data):
    """Whatever byte is changed: what is read of a member is what was packed, or the file is refused."""
    content = bytearray(make_zip({"index.html": "<html></html>" * 20, "a/b.txt": "text"}))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        archive = archives.Archive(io.BytesIO(bytes(content)))
        archive.verify()
        texts = [archive.read(name) for name in archive.names]
    except Quarantined:
        return
    assert texts == [b"<html></html>" * 20, b"text"]


@pytest.mark.parametrize("form", ("JPEG", "PNG", "GIF", "WEBP"))
@settings(deadline=None)
@given(data=st.data())
def test_a_damaged_picture_is_stripped_or_refused(form, data):
    content = bytearray(materials.picture(form, size=(20, 10)))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        pictures.without_names(bytes(content))
    except Quarantined as refusal:
        assert str(refusal) == pictures.DAMAGED


def test_kinds_have_words():
    assert {sniffing.sniff.__name__, *sniffing.SAID} >= {what for _, what in sniffing._MARKS}
    assert videos.ENDINGS >= {".mp4", ".webm"}
