"""An office worker's import: upload, preview, confirm, undo, in the pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agencies.models import ProgrammeUnit
from foundation.models import ImportBatch
from tests import factories as make

pytestmark = pytest.mark.django_db
FILE = "機關代碼,機關名稱,類別,上級機關,單位人數\nU01,民政處,本府單位,,30\n"


@pytest.fixture
def staff(client):
    make.make_programme()
    user = make.make_staff()
    client.force_login(user)
    return user


def upload(client, text=FILE, name="機關.csv"):
    file = SimpleUploadedFile(name, text.encode())
    return client.post(reverse("portal:import_create", args=["units"]), {"file": file}, follow=True)


def post(client, action, batch):
    return client.post(reverse(f"portal:import_{action}", args=[batch.token]), follow=True)


def test_upload_preview_confirm_undo(client, staff):
    page = upload(client)
    assert "將寫入 1 列，請確認" in page.text
    assert "U01 民政處" in page.text
    batch = ImportBatch.objects.get()

    page = post(client, "confirm", batch)
    assert "已匯入。" in page.text
    assert ProgrammeUnit.objects.get().name == "民政處"

    page = post(client, "confirm", batch)
    assert "這一批已匯入，不能再確認一次。" in page.text

    page = post(client, "undo", batch)
    assert "已復原" in page.text
    assert not ProgrammeUnit.objects.exists()


def test_refused_rows_are_shown_and_cannot_be_confirmed(client, staff):
    page = upload(client, FILE + "U02,地政處,鄉公所,,-1\n")

    assert "有 1 列被拒絕，整批都不會匯入" in page.text
    assert "第 3 列「類別」" in page.text
    assert "第 3 列「單位人數」" in page.text
    page = post(client, "confirm", ImportBatch.objects.get())
    assert "有資料列被拒絕，整批都不匯入" in page.text
    assert not ProgrammeUnit.objects.exists()


def test_what_the_file_may_have_lost_is_said_before_it_is_confirmed(client, staff):
    file = SimpleUploadedFile("機關.csv", FILE.replace("民政處", "民?處").encode("cp950"))

    page = client.post(reverse("portal:import_create", args=["units"]), {"file": file}, follow=True)

    assert "第 2 列「機關名稱」有「?」，可能是存成 Big5 時遺失的字" in page.text


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    (
        ("機關.pdf", FILE, ".xlsx、.ods、.csv"),
        ("機關.csv", "機關代碼,機關名稱\nU01,民政處\n", "類別"),
        ("機關.csv", "機關代碼,機關代碼,機關名稱,類別\nU01,U01,民政處,學校\n", "機關代碼"),
        ("機關.xlsx", FILE, "檔案"),
    ),
)
def test_an_unreadable_file_is_refused_in_words(client, staff, name, text, sentence):
    page = upload(client, text, name)

    (error,) = page.context["form"].errors["file"]
    assert sentence in error
    assert not ImportBatch.objects.exists()


def test_the_year_comes_from_the_query(client, staff):
    other = make.make_programme(year=104)
    file = SimpleUploadedFile("機關.csv", FILE.encode())

    client.post(reverse("portal:import_create", args=["units"]) + "?year=104", {"file": file})
    post(client, "confirm", ImportBatch.objects.get())

    assert ProgrammeUnit.objects.get().programme == other


def test_another_persons_preview_is_not_there(client, staff):
    upload(client)
    batch = ImportBatch.objects.get()
    client.force_login(make.make_staff())

    for action in ("confirm", "discard"):
        assert post(client, action, batch).status_code == 404
    assert client.get(reverse("portal:import_detail", args=[batch.token])).status_code == 404
    assert client.get(reverse("portal:import_file", args=[batch.token])).status_code == 404


def test_a_preview_can_be_given_up(client, staff):
    upload(client)
    batch = ImportBatch.objects.get()

    page = post(client, "discard", batch)

    assert "沒有寫入任何資料" in page.text
    assert page.context["importer"].kind == "units"
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.DISCARDED


@pytest.mark.parametrize("batches", (1, 3))
def test_import_list_query_count(client, staff, batches, django_assert_max_num_queries):
    for number in range(batches):
        upload(client, FILE.replace("U01", f"U{number}"))

    with django_assert_max_num_queries(12):
        page = client.get(reverse("portal:import_list"))

    assert len(page.context["page"].object_list) == batches


@pytest.mark.parametrize("fmt", ("xlsx", "ods", "csv"))
@pytest.mark.parametrize("what", ("template", "export"))
def test_every_kind_has_a_template_and_an_export(client, staff, what, fmt):
    make.make_competition(programme=make.the_programme())
    for kind in ("units", "people", "quotas", "enrolments", "entries", "scores", "updates", "forum_topics"):
        answer = client.get(reverse(f"portal:import_{what}", args=[kind, fmt]))

        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment")
