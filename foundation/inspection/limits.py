"""Which files a material may be made of, and how large each may be; shown before choosing, kept by the server."""

from pathlib import PurePosixPath
from typing import NamedTuple

from django.conf import settings

MB = 1024 * 1024


class Limit(NamedTuple):
    """One line of the table: `key` is that of `settings.FILE_LIMITS_MB`."""

    key: str
    label: str
    endings: tuple[str, ...]

    @property
    def most_bytes(self):
        return settings.FILE_LIMITS_MB[self.key] * MB

    @property
    def shown(self):
        """2 GB, 200 MB."""
        size = settings.FILE_LIMITS_MB[self.key]
        return f"{size // 1024} GB" if size % 1024 == 0 else f"{size:,} MB"


TABLE = (
    Limit("video", "影片", (".mp4", ".webm")),
    Limit("slides", "簡報", (".pptx", ".odp")),
    Limit("pdf", "PDF", (".pdf",)),
    Limit("package", "SCORM 或網頁教材", (".zip",)),
    Limit("image", "圖檔", (".jpg", ".jpeg", ".png", ".gif", ".webp")),
    Limit("document", "文件", (".docx", ".odt")),
)
ENDINGS = tuple(ending for limit in TABLE for ending in limit.endings)
_BY_ENDING = {ending: limit for limit in TABLE for ending in limit.endings}


def ending_of(name):
    """In lower case with its dot; empty when the name has none."""
    return PurePosixPath(name).suffix.lower()


def limit_for(name) -> Limit | None:
    """The line of the table for a file of this name; None: a kind that is not taken."""
    return _BY_ENDING.get(ending_of(name))


def most_bytes():
    """The largest file of any kind."""
    return max(limit.most_bytes for limit in TABLE)
