"""The files of updates and forum topics (design §4)."""

from datetime import date

import pytest

from agencies.models import Programme
from foundation import importing
from foundation.errors import Refused
from foundation.models import ImportBatch
from platform_updates.imports import ForumTopicImporter, UpdateImporter
from platform_updates.models import ForumTopic, Review, Update
from tests import factories as make
from tests.factories import taipei

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

AT = taipei(2016, 6, 1)
UPDATES = "編號,機關代碼,標題,更新日期\n"
TOPICS = "編號,機關代碼,主題,網址,發表日期,回覆數\n"


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


def run(importer_class, text, programme):
    return importing.run(
        importer_class(programme), content=text.encode(), filename="測試.csv", by=make.make_staff(), at=AT
    )


def updates(unit, *rows):
    return run(UpdateImporter, UPDATES + "\n".join(rows), unit.programme)


def topics(unit, *rows):
    return run(ForumTopicImporter, TOPICS + "\n".join(rows), unit.programme)


def test_imported_updates_are_accepted_and_count(unit):
    plan = updates(unit, "U-1,10010140,生育補助,105/04/01", "Ｕ－２,１００１０１４０,差勤,1050402")

    assert plan.counts == {"added": 2, "changed": 0, "unchanged": 0, "refused": 0}
    assert list(
        Update.objects.counted().order_by("pk").values_list("external_id", "title", "updated_on")
    ) == [
        ("U-1", "生育補助", date(2016, 4, 1)),
        ("U-2", "差勤", date(2016, 4, 2)),
    ]


def test_imported_topics_are_accepted_and_count_from_ten_replies_on(unit):
    topics(
        unit,
        "F-1,10010140,差勤,https://forum.example.test/1,105/04/01,10",
        "F-2,10010140,退休,https://forum.example.test/2,105/04/01,9",
    )

    assert list(ForumTopic.objects.values_list("review", flat=True)) == ["accepted", "accepted"]
    assert [topic.external_id for topic in ForumTopic.objects.counted()] == ["F-1"]


def test_a_topic_entered_here_and_listed_there_is_one(unit):
    entered = make.make_forum_topic(unit=unit, url="https://forum.example.test/1", replies=3)
    same = "10010140,差勤,https://forum.example.test/1,105/04/01,12"

    first = topics(unit, f"F-1,{same}")
    again = topics(unit, f"F-1,{same}")

    assert (first.counts["changed"], again.counts["unchanged"]) == (1, 1)
    assert list(ForumTopic.objects.values_list("pk", "external_id", "replies", "review")) == [
        (entered.pk, "F-1", 12, "accepted")
    ]


def test_a_rejected_topic_stays_rejected_when_the_platform_lists_it(unit):
    make.make_forum_topic(unit=unit, url="https://forum.example.test/1", review=Review.REJECTED)

    topics(unit, "F-1,10010140,差勤,https://forum.example.test/1,105/04/01,12")

    assert list(ForumTopic.objects.values_list("external_id", "review")) == [("F-1", "rejected")]


def test_a_topic_that_another_unit_entered_is_refused(unit):
    other = make.make_unit(code="10010130", name="嘉義縣中埔鄉公所")
    make.make_forum_topic(unit=other, url="https://forum.example.test/1", title="差勤")

    assert topics(unit, "F-1,10010140,差勤,https://forum.example.test/1,105/04/01,12").refusals == [
        "第 2 列「網址」：這個網址已由嘉義縣中埔鄉公所登錄為「差勤」；同一主題只計一次。"
    ]


def test_the_same_file_again_changes_nothing(unit):
    row = "U-1,10010140,生育補助,105/04/01"
    updates(unit, row)

    plan = updates(unit, row)

    assert plan.counts == {"added": 0, "changed": 0, "unchanged": 1, "refused": 0}
    assert Update.objects.count() == 1


def test_a_known_number_with_other_content_is_a_change_and_keeps_its_review(unit):
    topics(unit, "F-1,10010140,差勤,https://forum.example.test/1,105/04/01,3")
    ForumTopic.objects.update(review=Review.REJECTED, review_reason="測試理由")

    plan = topics(unit, "F-1,10010140,差勤,https://forum.example.test/1,105/04/01,12")

    assert plan.counts["changed"] == 1
    assert plan.rows[0].differences == [["回覆數", "3", "12"]]
    topic = ForumTopic.objects.get()
    assert (topic.replies, topic.review) == (12, "rejected")


def test_each_year_has_its_own_numbers(unit):
    other_year = make.make_unit(programme=make.make_programme(year=106), code="10010140")
    updates(unit, "U-1,10010140,生育補助,105/04/01")

    plan = updates(other_year, "U-1,10010140,生育補助,106/04/01")

    assert plan.counts["added"] == 1
    assert Update.objects.count() == 2


@pytest.mark.parametrize(
    ("row", "problem"),
    (
        (",10010140,生育補助,105/04/01", "「編號」：沒有填寫"),
        ("U-1,,生育補助,105/04/01", "「機關代碼」：沒有填寫"),
        ("U-1,99999999,生育補助,105/04/01", "沒有代碼「99999999」的機關"),
        ("U-1,10010140,,105/04/01", "「標題」：沒有填寫"),
        ("U-1,10010140,生育補助,105/02/29後", "「更新日期」"),
        ("U-1,10010140,生育補助,105/02/29", "不在計畫期間（民國105年3月1日至9月30日）內"),
        ("U-1,10010140,生育補助,105/10/01", "不在計畫期間"),
        ("U-TAKEN,10010140,生育補助,105/04/01", "已登錄為「20000001 別的機關」的資料"),
    ),
)
def test_a_refused_row_is_named_and_nothing_is_written(unit, row, problem):
    make.make_update(unit=make.make_unit(code="20000001", name="別的機關"), external_id="U-TAKEN")

    plan = updates(unit, "U-9,10010140,好的一列,105/04/01", row)

    (refusal,) = plan.refusals
    assert refusal.startswith("第 3 列")
    assert problem in refusal
    assert Update.objects.count() == 1


@pytest.mark.parametrize(
    ("url", "replies", "problem"),
    (
        ("", "3", "「網址」：沒有填寫"),
        ("forum.example.test/1", "3", "不是 http:// 或 https:// 開頭的網址"),
        ("javascript:alert(1)", "3", "不是 http://"),
        ("https://", "3", "不是 http://"),
        ("https://[", "3", "不是 http://"),
        ("https://a b/", "3", "不是 http://"),
        ("https://forum.example.test/1", "", "「回覆數」：沒有填寫"),
        ("https://forum.example.test/1", "-1", "「回覆數」"),
        ("https://forum.example.test/1", "2.5", "「回覆數」"),
        ("https://forum.example.test/1", "99999999999", "「回覆數」"),
    ),
)
def test_a_refused_topic(unit, url, replies, problem):
    plan = topics(unit, f"F-1,10010140,差勤,{url},105/04/01,{replies}")

    (refusal,) = plan.refusals
    assert problem in refusal
    assert not ForumTopic.objects.exists()


def test_a_number_twice_in_one_file_is_refused_by_row(unit):
    plan = updates(unit, "U-1,10010140,生育補助,105/04/01", "U-1,10010140,差勤,105/04/02")

    assert plan.refusals == ["第 3 列：與第 2 列重複，同一筆資料在檔案中只能出現一次。"]


def test_a_frozen_year_refuses(unit):
    Programme.objects.update(state=Programme.State.FROZEN)

    with pytest.raises(Refused, match="已凍結"):
        updates(unit, "U-1,10010140,生育補助,105/04/01")


def test_a_draft_year_accepts(unit):
    Programme.objects.update(state=Programme.State.DRAFT)

    assert updates(unit, "U-1,10010140,生育補助,105/04/01").counts["added"] == 1


@pytest.mark.parametrize("fmt", ("xlsx", "ods", "csv"))
def test_an_export_reads_back_as_unchanged(unit, fmt):
    updates(unit, "U-1,10010140,生育補助（一）,105/04/01")
    topics(unit, "F-1,10010140,差勤,https://forum.example.test/1,105/04/01,12")
    make.make_record(unit=unit)

    for importer_class in (UpdateImporter, ForumTopicImporter):
        importer = importer_class(unit.programme)
        written = importing.write_export(importer, fmt)
        plan = importing.run(
            importer, content=written.content, filename=f"x.{fmt}", by=make.make_staff(), at=AT
        )
        assert plan.counts == {"added": 0, "changed": 0, "unchanged": 1, "refused": 0}


@pytest.mark.parametrize("row_count", (1, 3))
def test_import_query_count(unit, row_count, django_assert_num_queries):
    text = TOPICS + "".join(
        f"F-{number},10010140,差勤,https://forum.example.test/{number},105/04/01,10\n"
        for number in range(row_count)
    )
    staff = make.make_staff()
    importer = ForumTopicImporter(unit.programme)

    with django_assert_num_queries(16):
        importing.run(importer, content=text.encode(), filename="測試.csv", by=staff, at=AT)


def test_an_import_can_be_undone_until_somebody_appeals(unit):
    staff = make.make_staff()
    updates(unit, "U-1,10010140,生育補助,105/04/01")
    batch = ImportBatch.objects.get()
    Update.objects.update(review=Review.REJECTED, review_reason="測試理由")
    appeal = make.make_appeal(item=Update.objects.get())

    with pytest.raises(importing.ImportRefused):
        importing.undo(batch, UpdateImporter(unit.programme), by=staff, at=AT)

    appeal.delete()
    Update.objects.update(review=Review.ACCEPTED, review_reason="")
    importing.undo(batch, UpdateImporter(unit.programme), by=staff, at=AT)
    assert not Update.objects.exists()
