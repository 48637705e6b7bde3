"""Works as one ZIP: what is in it, how it is named, and that it is written as it is sent."""

import csv
import io
import itertools
import zipfile

import pytest
from django.urls import reverse

from competition import bundles
from competition.bundles import LIST, Bundle, safe
from competition.models import Entry
from foundation.models import Event
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def staff_client(client):
    client.force_login(make.make_staff())
    return client


def opened(content):
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


def fetched(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response, opened(b"".join(response.streaming_content))


def contents(archive):
    return {name: archive.read(name) for name in archive.namelist() if name != LIST}


def test_the_bundle_holds_the_works_handed_in_under_sensible_names(staff_client, unit):
    school = make.make_unit(code="104731", name="豐山實驗國(中)小", category="school")
    first = make.make_entry(
        unit=unit, title="自來水：報修?", receipt="105-A-0001", submitted_at=taipei(2016, 6, 1, 9, 30)
    )
    make.make_entry_file(entry=first, name="簡報.pptx", content=b"one")
    make.make_entry_file(entry=first, name="簡報.pptx", content=b"two" * 1_000_000, position=2)
    second = make.make_entry(unit=school, title="𠮷野家的堃峯喆", receipt="105-B-0001")
    make.make_entry_file(entry=second, name="影片.mp4", content=b"three")
    make.make_entry(unit=unit, title="光碟", receipt="105-A-0002", medium="paper_or_disc")
    for state in (Entry.State.DRAFT, Entry.State.WITHDRAWN, Entry.State.DISQUALIFIED):
        make.make_entry_file(entry=make.make_entry(unit=unit, state=state), content=state.encode())
    make.make_entry_file(entry=second, name="毒.zip", content=b"bad", position=2, state="quarantined")

    response, archive = fetched(staff_client, reverse("competition:entry_bundle"))

    folder = "機關組/嘉義縣竹崎鄉公所_105-A-0001_自來水：報修_"
    assert contents(archive) == {
        f"{folder}/1_簡報.pptx": b"one",
        f"{folder}/2_簡報.pptx": b"two" * 1_000_000,
        "本府暨學校組/豐山實驗國(中)小_105-B-0001_𠮷野家的堃峯喆/1_影片.mp4": b"three",
    }
    info = archive.getinfo(f"{folder}/1_簡報.pptx")
    assert (info.date_time, info.compress_type) == ((2016, 6, 1, 9, 30, 0), zipfile.ZIP_STORED)
    assert info.flag_bits & 0x800  # names in UTF-8
    rows = list(csv.DictReader(io.StringIO(archive.read(LIST).decode("utf-8-sig"))))
    assert [(row["收件編號"], row["檔案"].rpartition("/")[2]) for row in rows] == [
        ("105-A-0001", "1_簡報.pptx"),
        ("105-A-0001", "2_簡報.pptx"),
        ("105-A-0002", "沒有檔案"),
        ("105-B-0001", "1_影片.mp4"),
    ]
    assert rows[0]["SHA-256"] == first.files.first().sha256
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''105")
    assert Event.objects.get(action="entry.bundle_downloaded").summary.endswith("（3 件）")


def test_the_bundle_follows_the_lists_filters(staff_client, unit):
    for number in (1, 2):
        entry = make.make_entry(unit=unit, title=f"作品{number}", receipt=f"A{number}")
        make.make_entry_file(entry=entry, content=b"%d" % number)

    _, archive = fetched(staff_client, reverse("competition:entry_bundle") + "?q=A2")

    assert list(contents(archive).values()) == [b"2"]


def test_one_work_as_a_bundle_for_its_contact(client, unit):
    client.force_login(make.make_contact(unit=unit))
    entry = make.make_whole_draft(unit=unit, title="")

    _, archive = fetched(client, reverse("competition:entry_files_bundle", args=[entry.pk]))

    assert list(contents(archive)) == ["機關組/嘉義縣竹崎鄉公所_未命名作品/1_簡報.pptx"]


def test_without_files_there_is_nothing_to_fetch(staff_client, unit):
    entry = make.make_entry(unit=unit)

    for page in (
        reverse("competition:entry_bundle") + "?state=submitted",
        reverse("competition:entry_files_bundle", args=[entry.pk]),
    ):
        response = staff_client.get(page, follow=True)
        assert response.redirect_chain[0][0].endswith(("/competition/?state=submitted", f"/{entry.pk}/"))
        assert "沒有可以下載的檔案" in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_bundle_query_count(unit, count, django_assert_num_queries):
    for number in range(count):
        make.make_entry_file(entry=make.make_entry(unit=unit), content=b"%d" % number)

    with django_assert_num_queries(2):
        b"".join(Bundle(Entry.objects.submitted()))


def test_a_large_file_is_sent_in_pieces_none_of_them_large(unit, monkeypatch):
    monkeypatch.setattr(bundles, "CHUNK", 1000)
    make.make_entry_file(entry=make.make_entry(unit=unit), content=bytes(range(256)) * 400)

    pieces = list(Bundle(Entry.objects.submitted()))

    assert max(map(len, pieces)) < 4000
    assert list(contents(opened(b"".join(pieces))).values()) == [bytes(range(256)) * 400]


def test_more_than_four_gigabytes_read_back(monkeypatch, unit, tmp_path):
    """The 64-bit form, with the limit of the 32-bit one lowered so that a small file passes it."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 50)
    make.make_entry_file(entry=make.make_entry(unit=unit), content=b"x" * 100)

    archive = opened(b"".join(Bundle(Entry.objects.submitted())))

    (name,) = contents(archive)
    assert archive.getinfo(name).file_size == 100


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ('a<b>c:d"e/f\\g|h?i*j', "a_b_c_d_e_f_g_h_i_j"),
        ("con", "_con"),
        ("LPT1.txt", "_LPT1.txt"),
        ("..", "_"),
        ("結尾. ", "結尾"),
        ("長" * 100, "長" * bundles.LONGEST_FOLDER),
        ("堃峯喆𠮷", "堃峯喆𠮷"),
    ],
)
def test_names_that_every_windows_takes(name, kept):
    assert safe(name) == kept


def test_paths_stay_short_with_their_ending(unit):
    entry = make.make_entry(unit=unit, title="名" * 200)
    make.make_entry_file(entry=entry, name="檔" * 60 + ".pptx")

    (name,) = contents(opened(b"".join(Bundle(Entry.objects.submitted()))))

    assert len(name) <= 160
    assert name.endswith(".pptx")


def test_the_bundle_begins_before_the_last_file_is_read(unit, monkeypatch):
    read = []
    original = bundles.files.open_stored
    monkeypatch.setattr(bundles.files, "open_stored", lambda stored: read.append(stored) or original(stored))
    for number in range(3):
        make.make_entry_file(entry=make.make_entry(unit=unit), content=b"%d" % number)

    pieces = iter(Bundle(Entry.objects.submitted()))
    list(itertools.islice(pieces, 1))

    assert len(read) == 1
