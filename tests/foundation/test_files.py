"""Files kept by their content."""

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import Storage, default_storage
from hypothesis import given
from hypothesis import strategies as st

from foundation import files
from foundation.models import StoredFile
from tests import factories as make
from tests.factories import taipei

AT = taipei(2016, 6, 1)


def store(content, name="測試.pdf"):
    return files.store(content, name=name, by=None, at=AT)


def paths_on_disk():
    root = Path(default_storage.path(""))
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.django_db
def test_store_and_open():
    staff = make.make_staff()
    digest = hashlib.sha256(b"content").hexdigest()

    stored = files.store(b"content", name="作品.pdf", by=staff, at=AT)

    assert (stored.name, stored.size, stored.sha256, stored.path, stored.created_by) == (
        "作品.pdf",
        7,
        digest,
        f"{digest[:2]}/{digest}",
        staff,
    )
    with files.open_stored(stored) as content:
        assert content.read() == b"content"


@pytest.mark.django_db
def test_the_same_bytes_are_on_disk_once_and_read_only():
    first, second = store(b"same"), store(BytesIO(b"same"), name="另一個名字.pdf")
    store(b"other")

    assert first.path == second.path
    assert paths_on_disk() == sorted({first.path, StoredFile.objects.get(size=5).path})
    assert Path(default_storage.path(first.path)).stat().st_mode & 0o222 == 0


@pytest.mark.django_db
def test_a_reader_that_breaks_off_leaves_nothing():
    class Broken(BytesIO):
        def read(self, size=-1):
            data = super().read(3)
            if not data:
                raise OSError("line cut")
            return data

    with pytest.raises(OSError, match="line cut"):
        store(Broken(b"half of it"))

    assert not StoredFile.objects.exists()
    assert paths_on_disk() == []


class FarAway(Storage):
    """Like S3: bytes under a key, and no path on this machine."""

    kept = {}

    def _open(self, name, mode):
        return BytesIO(self.kept[name])

    def _save(self, name, content):
        self.kept[name] = content.read()
        return name

    def exists(self, name):
        return name in self.kept


@pytest.mark.django_db
def test_a_storage_that_is_no_disk(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tests.foundation.test_files.FarAway"},
    }

    stored = store(b"far away")
    again = store(b"far away")

    assert files.open_stored(stored).read() == b"far away"
    assert again.path == stored.path
    assert list(FarAway.kept) == [stored.path]


@pytest.mark.parametrize(
    ("given_name", "kept"),
    (
        ("作品.pdf", "作品.pdf"),
        ("C:\\文件\\作品.pdf", "作品.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nContent-Type: text/html.pdf", "html.pdf"),
        ("附件\u202efdp.exe", "附件fdp.exe"),
        ("a\x00b.pdf", "ab.pdf"),
        ("  兩端.pdf . ", "兩端.pdf"),
        ("..", "檔案"),
        ("", "檔案"),
        ("é.txt".replace("é", "e\u0301"), "é.txt"),
    ),
)
def test_clean_name(given_name, kept):
    assert files.clean_name(given_name) == kept


def test_a_long_name_is_shortened_and_keeps_its_suffix():
    name = files.clean_name("長" * 100 + ".pptx")

    assert name.endswith("長.pptx")
    assert len(name.encode()) <= 200


@given(st.text())
def test_any_name_becomes_one_that_every_disk_takes(text):
    name = files.clean_name(text)

    assert name
    assert name not in (".", "..")
    assert len(name.encode()) <= 200
    assert not set(name) & set("/\\\r\n\x00\u202e")
    assert files.clean_name(name) == name
