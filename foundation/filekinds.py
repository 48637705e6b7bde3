"""The kinds of file that people hand in: what they are called, their endings, and how large each may be.

The ending decides which limit holds while a file is on its way; what the file really is, its content
tells afterwards.
"""

from dataclasses import dataclass

from django.conf import settings

MIB = 1024 * 1024


@dataclass(frozen=True)
class FileKind:
    key: str
    label: str
    endings: tuple[str, ...]

    @property
    def limit(self):
        """The largest size in bytes; the settings say it in MB."""
        return settings.UPLOAD_MB[self.key] * MIB


KINDS = (
    FileKind("video", "影片", ("mp4", "webm")),
    FileKind("slides", "簡報", ("pptx", "odp")),
    FileKind("pdf", "PDF", ("pdf",)),
    FileKind("package", "互動教材（SCORM、HTML5）", ("zip",)),
    FileKind("image", "圖片", ("png", "jpg", "jpeg", "gif", "webp")),
    FileKind("document", "文件", ("docx", "odt")),
)


def kind_of(name):
    """The kind that the ending of a file name promises, or None."""
    ending = name.rpartition(".")[2].lower()
    return next((kind for kind in KINDS if ending in kind.endings), None)


def largest():
    return max(kind.limit for kind in KINDS)
