"""Files taken out of a work: what a version lists stays, the rest can be put back for some days and then goes."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agencies.models import Programme
from competition import actions
from competition.actions import entry_files
from competition.invariants import breaches
from competition.models import Entry, EntryFile, RemovedFile
from foundation import files, inspection, sweeping
from foundation.models import Event, FileCheck, StoredFile, Upload, UploadPart
from tests import factories as make
from tests.factories import taipei

from .test_entry_files import AFTER, BEFORE, assembled, received, refused, stored, submit

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=30)
SECOND = timedelta(seconds=1)


@pytest.fixture
def contact():
    return make.make_contact(unit=make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所"))


@pytest.fixture
def draft(contact):
    unit = make.ProgrammeUnit.objects.visible_to(contact).get()
    return make.make_whole_draft(unit=unit, by=contact)


@pytest.fixture
def contact_client(client, contact):
    client.force_login(contact)
    return client


def taken_out(entry, by, *, at=BEFORE):
    return actions.detach(entry_file=entry.files.last(), by=by, at=at)


def whole_upload(by, *, content=b"a film", name="教材.mp4"):
    """An upload with its bytes, to be assembled."""
    return make.make_upload(owner=by, name=name, content=content, at=BEFORE)


def sweep_twice(at):
    sweeping.sweep(at=at)
    return sweeping.sweep(at=at + timedelta(days=1))


# What goes -------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_draft_s_file_goes_with_all_that_was_made_of_it(draft, contact):
    """Rows after 30 days, bytes with the sweep after them."""
    upload = whole_upload(contact)
    actions.attach(entry=draft, token=upload.token, by=contact, at=BEFORE)
    content = assembled(upload)
    neutral = files.store(b"neutral film", name="匿名副本", by=None, at=BEFORE)
    FileCheck.objects.filter(stored=content).update(
        state="passed", kind="video", neutral=neutral, checked_at=BEFORE
    )
    viewing = make.make_viewing(file_check=content.file_check, user=contact)
    removed = taken_out(draft, contact)
    assert (removed.version, removed.released_at) == (None, BEFORE + DAYS)

    entry_files.release_removed(at=BEFORE + DAYS - SECOND)
    assert Upload.objects.exists()
    entry_files.release_removed(at=BEFORE + DAYS)

    gone = (removed, upload, content, neutral, viewing)
    assert not any(type(row)._base_manager.filter(pk=row.pk).exists() for row in gone)
    assert not UploadPart.objects.exists() and not FileCheck.objects.filter(stored=content.pk).exists()
    event = Event.objects.get(action="entry.file_released")
    assert (event.actor, event.data["file"], event.data["sha256"]) == (None, "教材.mp4", content.sha256)
    assert files.exists(content.path)
    sweep_twice(BEFORE + DAYS)
    assert not files.exists(content.path) and not files.exists(neutral.path)
    assert list(breaches()) == []


def test_a_small_file_goes_too(draft, contact):
    added = actions.attach(entry=draft, stored=stored(by=contact), by=contact, at=BEFORE)
    FileCheck.objects.filter(stored=added.stored).update(state="failed", reason="r", checked_at=BEFORE)
    taken_out(draft, contact)

    entry_files.release_removed(at=BEFORE + DAYS)

    assert not StoredFile.objects.filter(pk=added.stored_id).exists()


def test_what_was_added_while_the_work_was_taken_back_was_never_handed_in(draft, contact):
    entry = submit(draft, contact)
    actions.withdraw(entry=entry, by=contact, at=BEFORE)
    actions.attach(entry=entry, stored=stored(by=contact), by=contact, at=BEFORE)

    assert taken_out(entry, contact).version is None


def test_the_same_bytes_elsewhere_stay(draft, contact):
    first = stored(b"shared", name="甲.pdf", by=contact)
    make.make_entry_file(entry=draft, content=b"shared", position=9, by=contact)
    other = make.make_whole_draft(unit=draft.unit)
    EntryFile.objects.create(entry=other, stored=first, position=7, added_by=contact, added_at=BEFORE)
    removed = make.make_removed_file(entry=draft, content=b"shared", at=BEFORE)
    RemovedFile.objects.filter(pk=removed.pk).update(stored=first)

    entry_files.release_removed(at=BEFORE + DAYS)

    assert not RemovedFile.objects.exists()
    assert StoredFile.objects.filter(pk=first.pk).exists()
    sweep_twice(BEFORE + DAYS)
    assert files.exists(first.path)


def test_a_file_whose_check_is_under_way_waits_for_its_end(draft, contact):
    actions.attach(entry=draft, stored=stored(by=contact), by=contact, at=BEFORE)
    removed = taken_out(draft, contact)

    entry_files.release_removed(at=BEFORE + DAYS)

    assert RemovedFile.objects.get() == removed


def test_an_upload_that_was_never_assembled_goes_with_its_bytes(
    draft, contact, django_capture_on_commit_callbacks
):
    upload = whole_upload(contact)
    actions.attach(entry=draft, token=upload.token, by=contact, at=BEFORE)
    taken_out(draft, contact)
    assert files.incoming_path(upload.token.hex).exists()

    with django_capture_on_commit_callbacks(execute=True):
        entry_files.release_removed(at=BEFORE + DAYS)

    assert not files.incoming_path(upload.token.hex).exists()
    assert not Upload.objects.exists()


def test_a_closed_year_is_no_reason_to_keep_it(draft, contact):
    make.make_removed_file(entry=draft, at=BEFORE)
    Programme.objects.update(state=Programme.State.FROZEN)

    entry_files.release_removed(at=BEFORE + DAYS)

    assert not RemovedFile.objects.exists()


# What stays ------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_what_a_version_lists_never_goes(draft, contact):
    """Also as the file is handed in, taken out, and the work taken back and handed in without it."""
    actions.attach(entry=draft, stored=stored(by=contact), by=contact, at=BEFORE)
    entry = submit(draft, contact)
    removed = taken_out(entry, contact)
    actions.withdraw(entry=entry, by=contact, at=BEFORE)
    entry.refresh_from_db()
    submit(entry, contact)

    entry_files.release_removed(at=BEFORE + 100 * DAYS)
    sweep_twice(BEFORE + 100 * DAYS)

    assert (str(removed.version), removed.released_at) == ("第 1 版", None)
    assert RemovedFile.objects.get() == removed
    assert removed.sha256 in entry.versions.last().content["files"]
    assert files.open_stored(removed.stored).read() == b"new"
    assert list(breaches()) == []


def test_a_replaced_file_stays_when_it_was_handed_in(draft, contact):
    entry = submit(draft, contact)
    FileCheck.objects.update(state="quarantined", reason="r", kind="", neutral=None)
    actions.replace(entry_file=entry.files.get(), stored=stored(by=contact), by=contact, at=BEFORE)

    assert [(file.name, file.version.number) for file in RemovedFile.objects.all()] == [("簡報.pptx", 1)]


def test_taken_out_before_its_hash_was_known_it_still_completes_the_version(draft, contact):
    upload = whole_upload(contact)
    actions.attach(entry=draft, token=upload.token, by=contact, at=BEFORE)
    entry = submit(draft, contact)
    removed = taken_out(entry, contact)
    assert removed.version.number == 1

    content = assembled(upload)

    assert entry.versions.get(number=1).content["files"].endswith(f"SHA-256 {content.sha256}")
    removed.refresh_from_db()
    assert removed.stored == content
    assert not FileCheck.objects.filter(stored=content).exists()


# Put back --------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_it_can_be_put_back(draft, contact):
    upload = whole_upload(contact)
    actions.attach(entry=draft, token=upload.token, by=contact, at=BEFORE)
    removed = taken_out(draft, contact)
    content = assembled(upload)

    added = actions.put_back(removed_file=removed, by=contact, at=BEFORE)

    assert (added.upload, added.stored, added.file_check.state) == (upload, content, "waiting")
    assert not RemovedFile.objects.exists()
    entry_files.release_removed(at=BEFORE + DAYS)
    assert draft.files.last() == added
    assert refused(actions.put_back, removed_file=removed, by=contact, at=BEFORE) == (
        "這個檔案已經放回作品，或已清除。"
    )


def test_a_file_is_taken_out_once(draft, contact):
    file = draft.files.last()
    actions.detach(entry_file=file, by=contact, at=BEFORE)

    assert refused(actions.detach, entry_file=file, by=contact, at=BEFORE) == "這個檔案已經移除。"


def test_it_is_put_back_by_the_rules_for_adding(draft, contact):
    removed = taken_out(draft, contact)

    assert "已過繳交期限" in refused(actions.put_back, removed_file=removed, by=contact, at=AFTER)
    again = stored(b"test", name="同.pptx", by=contact)
    actions.attach(entry=draft, stored=again, by=contact, at=BEFORE)
    assert (
        refused(actions.put_back, removed_file=removed, by=contact, at=BEFORE) == "這個檔案已經在作品裡了。"
    )
    FileCheck.objects.filter(stored=removed.stored).update(
        state="quarantined", reason="r", kind="", neutral=None
    )
    assert "已隔離的檔案不能放回" in refused(actions.put_back, removed_file=removed, by=contact, at=BEFORE)


def test_only_what_is_in_a_work_takes_of_the_unit_s_space(draft, contact):
    draft.competition.unit_space_gb = 1
    draft.competition.save()
    for name in ("甲.mp4", "乙.mp4"):
        film = received(contact, name=name, size=700 * 1024**2)
        actions.attach(entry=draft, token=film.token, by=contact, at=BEFORE)
        removed = taken_out(draft, contact)

    film = received(contact, name="丙.mp4", size=700 * 1024**2)
    actions.attach(entry=draft, token=film.token, by=contact, at=BEFORE)
    assert "已用 700.0" in refused(actions.put_back, removed_file=removed, by=contact, at=BEFORE)


# The pages -------------------------------------------------------------------------------------------


def test_the_person_reads_until_when(contact_client, draft, contact):
    file = actions.attach(entry=draft, stored=stored(by=contact), by=contact, at=BEFORE)
    pages = reverse("competition:removed_file_list", args=[draft.pk])
    with time_machine.travel(BEFORE, tick=False):
        remove = reverse("competition:entry_file_remove", args=[draft.pk, file.pk])
        told = contact_client.post(remove, follow=True).content.decode()
        listed = contact_client.get(pages).content.decode()
        removed = RemovedFile.objects.get()
        assert contact_client.get(f"{pages}{removed.pk}/").getvalue() == b"new"
        files = reverse("competition:entry_files", args=[draft.pk])
        led = contact_client.get(files).content.decode()
        back = contact_client.post(f"{pages}{removed.pk}/put-back/", follow=True).content.decode()
        afterwards = contact_client.get(files).content.decode()

    assert f'<a href="{pages}">移除的檔案</a>' in led and pages not in afterwards
    assert f'已移除「新檔.pdf」。105年7月30日 10:00 前可以放回，之後清除。<a href="{pages}">' in told
    assert "新檔.pdf" in listed and "105年7月30日 10:00 後清除" in listed and "放回作品" in listed
    assert "已放回「新檔.pdf」。" in back and not RemovedFile.objects.exists()


def test_the_person_reads_that_it_stays(contact_client, draft, contact):
    actions.attach(entry=draft, stored=stored(by=contact), by=contact, at=BEFORE)
    entry = submit(draft, contact)
    pages = reverse("competition:removed_file_list", args=[entry.pk])
    with time_machine.travel(BEFORE, tick=False):
        remove = reverse("competition:entry_file_remove", args=[entry.pk, entry.files.last().pk])
        told = contact_client.post(remove, follow=True).content.decode()
    with time_machine.travel(AFTER, tick=False):
        late = contact_client.get(pages).content.decode()
        removed = RemovedFile.objects.get()
        refused = contact_client.post(f"{pages}{removed.pk}/put-back/", follow=True).content.decode()

    assert "已移除「新檔.pdf」。第 1 版列有這個檔案，原檔留存備查。" in told
    assert "第 1 版</a>列有，留存備查" in late and "放回作品" not in late
    assert "未放回。已過繳交期限" in refused


def test_the_list_asks_as_much_for_three_as_for_one(
    contact_client, draft, django_assert_max_num_queries, django_assert_num_queries
):
    page = reverse("competition:removed_file_list", args=[draft.pk])
    make.make_removed_file(entry=draft)
    with django_assert_max_num_queries(40) as one:
        contact_client.get(page)
    for content in (b"2", b"3"):
        make.make_removed_file(entry=draft, content=content)
    with django_assert_num_queries(len(one)):
        assert contact_client.get(page).content.decode().count("舊簡報.pptx</a>") == 3


def test_a_virus_is_not_given_out_after_its_removal_either(contact_client, draft):
    removed = make.make_removed_file(entry=draft)
    make.make_file_check(stored=removed.stored, state=FileCheck.State.QUARANTINED, scan="infected")

    page = reverse("competition:removed_file", args=[draft.pk, removed.pk])
    assert contact_client.get(page).status_code == 403


def test_a_small_file_that_is_refused_leaves_no_row(contact_client, draft, contact):
    before = StoredFile.objects.count()
    with time_machine.travel(BEFORE, tick=False):
        same = SimpleUploadedFile("同.pdf", b"test")
        response = contact_client.post(reverse("competition:entry_files", args=[draft.pk]), {"file": same})

    assert response.status_code == 422 and StoredFile.objects.count() == before


# What check_invariants finds ---------------------------------------------------------------------------


def test_lost_evidence_is_found(draft, contact):
    entry = submit(draft, contact)
    file = entry.files.get()
    digest = file.sha256
    file.delete()
    inspection.forget(file.stored)

    assert list(breaches()) == [
        f"競賽：作品「測試作品」（{entry.pk}）第 1 版列有的檔案 {digest} 不在儲存區。"
    ]


def test_what_is_kept_for_nobody_is_found(draft, contact):
    film = received(contact)
    Upload.objects.update(claimed_at=BEFORE)
    removed = make.make_removed_file(entry=draft, at=taipei(2016, 5, 1))

    assert list(breaches()) == [
        f"競賽：上傳「教材.mp4」（{film.pk}）已送入表單，卻不屬於任何作品。",
        f"競賽：已移除的檔案「舊簡報.pptx」（{removed.pk}）逾期一天仍未清除。",
    ]


# A draft that nobody wants ------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_discarded_draft_goes_with_all_its_files(draft, contact):
    upload = whole_upload(contact)
    actions.attach(entry=draft, token=upload.token, by=contact, at=BEFORE)
    assembled(upload)
    FileCheck.objects.update(state="quarantined", reason="損壞", checked_at=BEFORE)
    taken_out(draft, contact)
    Event.objects.all().delete()

    actions.discard_draft(entry=draft, by=contact, at=BEFORE)

    for model in (Entry, EntryFile, RemovedFile, Upload, StoredFile, FileCheck):
        assert not model.objects.exists()
    event = Event.objects.get()
    assert (event.action, event.data["files"]) == ("entry.discarded", ["簡報.pptx", "教材.mp4"])


def test_a_draft_is_not_discarded_while_its_file_is_looked_at(draft, contact):
    upload = whole_upload(contact)
    actions.attach(entry=draft, token=upload.token, by=contact, at=BEFORE)
    words = "有檔案還在檢查，查完才能刪除草稿；請過一會兒再按一次。"

    assert refused(actions.discard_draft, entry=draft, by=contact, at=BEFORE) == words
    assembled(upload)
    assert refused(actions.discard_draft, entry=draft, by=contact, at=BEFORE) == words


def test_only_a_draft_is_discarded_and_only_in_time(draft, contact):
    make.make_conflict(entry=draft, judge=make.make_judge())
    assert (
        refused(actions.discard_draft, entry=draft, by=contact, at=BEFORE)
        == "這件草稿已有評審的紀錄，不能刪除。"
    )
    draft.conflicts.all().delete()
    assert refused(actions.discard_draft, entry=draft, by=contact, at=AFTER).startswith("已過繳交期限")
    submit(draft, contact)
    actions.withdraw(entry=draft, by=contact, at=BEFORE)
    assert refused(actions.discard_draft, entry=draft, by=contact, at=BEFORE) == (
        "有收件編號的作品不能刪除；不參賽請撤回。"
    )


def test_a_contact_discards_a_draft_from_its_page(contact_client, draft):
    with time_machine.travel(BEFORE, tick=False):
        page = contact_client.get(draft.get_absolute_url()).content.decode()
        answer = contact_client.post(reverse("competition:entry_discard", args=[draft.pk]), follow=True)

    assert reverse("competition:entry_discard", args=[draft.pk]) in page
    assert "草稿「測試作品」已刪除。" in answer.content.decode()
    assert not Entry.objects.exists()
