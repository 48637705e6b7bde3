"""Works as one ZIP, written while it is sent: its size costs neither memory nor disk.

The files are stored, not packed again (videos and packages are packed already), under names that every
Windows takes; the flag for UTF-8 names is set, which Explorer understands since Windows 8.
"""

import re
import zipfile
from collections import defaultdict

from foundation import files
from foundation.models import FileCheck
from foundation.rocdate import TAIPEI
from foundation.sheets import write_table

from .models import EntryFile

CHUNK = 1024 * 1024
# Of a path of 260 characters, which is what many programs still stop at.
LONGEST_FOLDER, LONGEST_FILE = 70, 80
LIST = "檔案清單.csv"
COLUMNS = ("收件編號", "機關代碼", "機關", "組別", "主題", "作品名稱", "檔案", "大小", "SHA-256")

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)


class Bundle:
    """The files of these works; iterating it writes the ZIP piece by piece."""

    def __init__(self, entries):
        self.entries = list(
            entries.select_related("unit__unit", "topic__group").order_by(
                "topic__group__key", "unit__unit__code", "receipt", "pk"
            )
        )
        self.files = defaultdict(list)
        sound = EntryFile.objects.filter(entry__in=[entry.pk for entry in self.entries], stored__isnull=False)
        # What is quarantined is not spread any further.
        for each in sound.exclude(stored__file_check__state=FileCheck.State.QUARANTINED).order_by("position"):
            self.files[each.entry_id].append(each)

    def __bool__(self):
        return any(self.files.values())

    def __iter__(self):
        outlet = Outlet()
        with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(self._info(LIST), self._list())
            for entry in self.entries:
                for each in self.files[entry.pk]:
                    yield from self._file(archive, outlet, entry, each)
        yield outlet.taken()

    def _file(self, archive, outlet, entry, each):
        info = self._info(_path(entry, each), entry.submitted_at or each.added_at)
        info.file_size = each.size  # decides between the 32-bit and the 64-bit form
        with files.open_stored(each.stored) as content, archive.open(info, "w") as target:
            while chunk := content.read(CHUNK):
                target.write(chunk)
                yield outlet.taken()

    @staticmethod
    def _info(name, moment=None):
        if moment is None:
            return zipfile.ZipInfo(name)
        return zipfile.ZipInfo(name, moment.astimezone(TAIPEI).timetuple()[:6])

    def _list(self):
        """Every work, those without files too, so that the office can check what is here."""
        rows = []
        for entry in self.entries:
            about = (
                entry.receipt,
                entry.unit.unit.code,
                entry.unit.name,
                str(entry.topic.group),
                entry.topic.name,
                entry.title,
            )
            for each in self.files[entry.pk]:
                rows.append((*about, _path(entry, each), each.size, each.sha256))
            if not self.files[entry.pk]:
                rows.append((*about, "沒有檔案", None, ""))
        return write_table("csv", title="檔案清單", columns=COLUMNS, rows=rows).content


class Outlet:
    """Where the archive is written to; it cannot go back, so sizes follow the content of each file."""

    def __init__(self):
        self.pieces = []

    def write(self, data):
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self):
        pass

    def taken(self):
        pieces, self.pieces = self.pieces, []
        return b"".join(pieces)


def _path(entry, each):
    """組別/機關_收件編號_作品名稱/1_檔名; the number keeps two files of one name apart."""
    folder = "_".join(filter(None, (entry.unit.name, entry.receipt, str(entry))))
    stem, dot, ending = each.name.rpartition(".")
    name = f"{each.position}_{stem or ending}"
    ending = f"{dot}{ending}" if stem else ""
    room = LONGEST_FILE - len(ending)
    return f"{safe(str(entry.topic.group))}/{safe(folder, LONGEST_FOLDER)}/{safe(name, room)}{_plain(ending)}"


def safe(name, longest=LONGEST_FOLDER):
    """A name that every Windows takes for a file or a folder."""
    name = _plain(name)[:longest].strip(" .") or "_"
    return f"_{name}" if _RESERVED.match(name) else name


def _plain(name):
    return _FORBIDDEN.sub("_", name)
