"""Which reader looks into which file; the verdict, and what was made of the file."""

from pathlib import PurePosixPath

from . import Quarantined, courseware, office, pdfs, pictures, sniffing, videos

TOO_COSTLY = "讀取這個檔案需要的時間或記憶體超過上限，可能損壞或有害。請用原來的軟體開啟後重新存檔或匯出。"
# What content each ending promises; a zip is looked into further.
_PROMISED = {
    ".mp4": "mp4",
    ".webm": "webm",
    ".pdf": "pdf",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".png": "png",
    ".gif": "gif",
    ".webp": "webp",
    ".zip": "zip",
    ".pptx": "zip",
    ".odp": "zip",
    ".docx": "zip",
    ".odt": "zip",
}


def examine(path, *, name, folder, on_step):
    """`kind`, `facts`, and in `made` which of cover, neutral and rendition now lie in `folder`; or Quarantined."""
    ending = PurePosixPath(name).suffix.lower()
    if ending not in _PROMISED:
        taken = "、".join(_PROMISED)
        raise Quarantined(
            f"不收「{ending or '沒有副檔名'}」的檔案，可收的副檔名是 {taken}。請另存成其中一種再上傳。"
        )
    on_step(1, 4, "辨認種類")
    what = sniffing.sniff(path)
    if what != _PROMISED[ending]:
        raise Quarantined(
            f"檔名是 {ending}，內容卻是{sniffing.SAID[what]}。請用原來的軟體另存成真正的 {ending} 再上傳，不要只改副檔名。"
        )
    sniffing.refuse_second_nature(path, what)
    return _look_into(path, ending, folder, on_step)


def _look_into(path, ending, folder, on_step):
    if ending in pictures.ENDINGS:
        return pictures.examine(path, ending, folder, on_step)
    if ending == ".pdf":
        return pdfs.examine(path, folder, on_step)
    if ending == ".zip":
        return courseware.examine(path, folder, on_step)
    if ending in office.KINDS:
        return office.examine(path, ending, folder, on_step)
    return videos.examine(path, ending, folder, on_step)
