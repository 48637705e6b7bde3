"""What may be entered, reviewed and appealed, and what then counts."""

from datetime import date
from io import BytesIO

import pytest
from django.core.files.storage import default_storage

from agencies.models import Notice, Programme
from foundation.errors import Refused
from foundation.models import Event, Mail
from platform_updates import actions
from platform_updates.models import Appeal, ForumTopic, Record, Review, Update
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db

AT = taipei(2016, 6, 1, 10)
TEXTS = {
    "title": "退休案件送件",
    "legal_basis": "公務人員退休法",
    "body": "三個月前送件",
    "common_mistakes": "",
    "author": "林堃峯",
}


@pytest.fixture
def unit():
    return make.make_unit(headcount=30)


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit)


@pytest.fixture
def staff():
    return make.make_staff()


def freeze(programme):
    Programme.objects.filter(pk=programme.pk).update(state=Programme.State.FROZEN)


def publish(unit, by, *, at=AT, **fields):
    fields = {"position": "人事管理員", "business": Record.Business.RETIREMENT, "texts": TEXTS} | fields
    return actions.publish(unit=unit, by=by, at=at, **fields)


def revise(record, by, *, at, is_substantive=True, based_on=1, **texts):
    return actions.revise(
        record=record, based_on=based_on, texts=TEXTS | texts, is_substantive=is_substantive, by=by, at=at
    )


def register(unit, by, *, at=AT, **fields):
    fields = {
        "title": "差勤問答",
        "url": "https://forum.example.test/1",
        "posted_on": date(2016, 5, 2),
        "replies": 3,
    } | fields
    return actions.register_topic(unit=unit, by=by, at=at, **fields)


def upload(name, content=b"content"):
    file = BytesIO(content)
    file.name = name
    return file


# Records -------------------------------------------------------------------------------------------


def test_publish_makes_version_one_and_a_pending_update(unit, contact):
    record = publish(unit, contact)

    (version,) = record.versions.all()
    assert (version.number, version.title, version.saved_by) == (1, "退休案件送件", contact)
    (update,) = record.updates.all()
    assert (update.updated_on, update.review, update.is_counted) == (date(2016, 6, 1), "pending", False)
    assert Event.objects.filter(action="record.published", actor=contact, scope="105").count() == 1


def test_the_day_of_an_update_is_the_day_in_taipei(unit, contact):
    record = publish(unit, contact, at=taipei(2016, 9, 30, 23, 59))

    assert record.updates.get().updated_on == date(2016, 9, 30)


def test_an_update_outside_the_period_is_kept_but_never_counts(unit, contact, staff):
    update = publish(unit, contact, at=taipei(2016, 10, 1)).updates.get()

    actions.review(item=update, decision=Review.ACCEPTED, by=staff, at=AT)

    update.refresh_from_db()
    assert update.why_not_counted == "日期不在計畫期間（105年3月1日至9月30日）"
    assert not Update.objects.counted().exists()


def test_publish_is_refused_in_a_frozen_year(unit, contact):
    freeze(unit.programme)

    with pytest.raises(Refused, match="已凍結"):
        publish(unit, contact)

    assert not Record.objects.exists()


def test_a_substantive_revision_counts_once_a_day(unit, contact):
    record = publish(unit, contact)

    _, same_day = revise(record, contact, at=AT, body="四個月前送件")
    _, next_day = revise(record, contact, at=taipei(2016, 6, 2), based_on=2, body="五個月前送件")
    _, again = revise(record, contact, at=taipei(2016, 6, 2, 9), based_on=3, body="六個月前送件")

    assert (same_day, again) == (None, None)
    assert sorted(record.updates.values_list("updated_on", flat=True)) == [
        date(2016, 6, 1),
        date(2016, 6, 2),
    ]
    assert next_day.review == Review.PENDING
    assert record.versions.count() == 4


def test_a_minor_revision_is_a_version_but_no_update(unit, contact):
    record = publish(unit, contact)

    version, update = revise(
        record, contact, at=taipei(2016, 6, 2), is_substantive=False, body="三個月前，送件"
    )

    assert (version.number, version.is_substantive, update) == (2, False, None)
    assert record.updates.count() == 1


def test_revise_is_refused_on_an_older_version(unit, contact):
    record = publish(unit, contact)
    revise(record, contact, at=AT, body="別人的修改")

    with pytest.raises(actions.EntryRefused, match="存了第 2 版"):
        revise(record, contact, at=AT, based_on=1, body="我的修改")

    assert record.versions.count() == 2


def test_revise_is_refused_without_a_change(unit, contact):
    record = publish(unit, contact)

    with pytest.raises(actions.EntryRefused, match="內容與上一版相同"):
        revise(record, contact, at=AT)


def test_revise_is_refused_in_a_frozen_year(unit, contact):
    record = publish(unit, contact)
    freeze(unit.programme)

    with pytest.raises(Refused, match="已凍結"):
        revise(record, contact, at=AT, body="新內容")


def test_attachments_stay_with_their_version(unit, contact):
    record = publish(unit, contact, uploads=[upload("甲.pdf", b"1"), upload("乙.pdf", b"2")])
    kept = record.latest().attachments.get(file__name="乙.pdf").file

    version, _ = actions.revise(
        record=record,
        based_on=1,
        texts=TEXTS,
        kept=[kept],
        uploads=[upload("丙.pdf", b"3")],
        is_substantive=True,
        by=contact,
        at=AT,
    )

    first = record.versions.get(number=1)
    assert [str(a.file) for a in first.attachments.all()] == ["甲.pdf", "乙.pdf"]
    assert [str(a.file) for a in version.attachments.all()] == ["乙.pdf", "丙.pdf"]
    assert default_storage.open(kept.path).read() == b"2"


# Forum topics --------------------------------------------------------------------------------------


def test_a_topic_counts_from_ten_replies_on_without_review(unit, contact):
    topic = register(unit, contact, replies=9)
    assert topic.why_not_counted == "回覆還差 1 篇"

    actions.change_topic(
        topic=topic,
        title=topic.title,
        url=topic.url,
        posted_on=topic.posted_on,
        replies=10,
        by=contact,
        at=AT,
    )

    assert list(ForumTopic.objects.counted()) == [topic]
    event = Event.objects.get(action="topic.changed")
    assert (event.data["before"], event.data["after"]) == ({"replies": "9"}, {"replies": "10"})


def test_an_accepted_topic_changed_by_its_unit_is_reviewed_again(unit, contact, staff):
    topic = register(unit, contact)
    actions.review(item=topic, decision=Review.ACCEPTED, by=staff, at=AT)

    changed = actions.change_topic(
        topic=topic,
        title=topic.title,
        url=topic.url,
        posted_on=topic.posted_on,
        replies=50,
        by=contact,
        at=AT,
    )

    assert (changed.review, changed.reviewed_by) == ("pending", None)


@pytest.mark.parametrize(
    ("fields", "message"),
    (
        ({"posted_on": date(2016, 6, 2)}, "不能晚於今天"),
        ({"url": "https://forum.example.test/taken"}, "已由.*登錄為「別人的主題」"),
    ),
)
def test_register_topic_refusals(unit, contact, fields, message):
    make.make_forum_topic(unit=make.make_unit(), title="別人的主題", url="https://forum.example.test/taken")

    with pytest.raises(actions.EntryRefused, match=message):
        register(unit, contact, **fields)

    assert ForumTopic.objects.count() == 1


def test_topics_are_refused_in_a_frozen_year(unit, contact):
    topic = register(unit, contact)
    freeze(unit.programme)

    with pytest.raises(Refused, match="已凍結"):
        register(unit, contact, url="https://forum.example.test/2")
    with pytest.raises(Refused, match="已凍結"):
        actions.change_topic(
            topic=topic, title="改", url=topic.url, posted_on=topic.posted_on, replies=3, by=contact, at=AT
        )


def test_change_topic_is_refused_without_a_change(unit, contact):
    topic = register(unit, contact)

    with pytest.raises(actions.EntryRefused, match="沒有變更"):
        actions.change_topic(
            topic=topic,
            title=topic.title,
            url=topic.url,
            posted_on=topic.posted_on,
            replies=3,
            by=contact,
            at=AT,
        )


# Review --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make_item", (make.make_update, make.make_forum_topic))
def test_a_rejected_item_does_not_count_and_the_contacts_are_told(unit, contact, staff, make_item):
    deputy = make.make_contact(unit=unit, starts_on=date(2016, 5, 1), ends_on=date(2016, 6, 30))
    make.make_contact(unit=unit, starts_on=date(2016, 1, 1), ends_on=date(2016, 5, 31))
    make.make_contact(unit=make.make_unit())
    item = make_item(unit=unit, title="測試")

    actions.review(item=item, decision=Review.REJECTED, reason="網址打不開", by=staff, at=AT)

    item.refresh_from_db()
    assert (item.review, item.review_reason, item.reviewed_by) == ("rejected", "網址打不開", staff)
    assert not type(item).objects.counted().exists()
    assert item.why_not_counted == "未通過審查"
    assert {notice.user for notice in Notice.objects.all()} == {contact, deputy}
    assert all("網址打不開" in notice.text for notice in Notice.objects.all())
    assert {mail.recipient for mail in Mail.objects.all()} == {contact.email, deputy.email}


def test_accepting_tells_nobody_unless_it_was_rejected_before(unit, contact, staff):
    pending = make.make_update(unit=unit, review=Review.PENDING)
    rejected = make.make_update(unit=unit, review=Review.REJECTED, title="先前未通過")

    actions.review_many(items=[pending, rejected], decision=Review.ACCEPTED, by=staff, at=AT)

    assert Update.objects.counted().count() == 2
    (notice,) = Notice.objects.filter(user=contact)
    assert "先前未通過" in notice.text
    assert Event.objects.filter(action="update.accepted").count() == 2


def test_review_needs_a_reason_to_reject(unit, staff):
    update = make.make_update(unit=unit, review=Review.PENDING)

    with pytest.raises(actions.ReviewRefused, match="須說明理由"):
        actions.review(item=update, decision=Review.REJECTED, by=staff, at=AT)


def test_review_many_is_all_or_none(unit, staff):
    pending = make.make_update(unit=unit, review=Review.PENDING)
    accepted = make.make_update(unit=unit, title="早已採計")

    with pytest.raises(actions.ReviewRefused, match="「早已採計」的審查結果已經是「已採計」"):
        actions.review_many(items=[pending, accepted], decision=Review.ACCEPTED, by=staff, at=AT)

    pending.refresh_from_db()
    assert pending.review == Review.PENDING


def test_review_is_refused_in_a_frozen_year(unit, staff):
    update = make.make_update(unit=unit, review=Review.PENDING)
    freeze(unit.programme)

    with pytest.raises(Refused, match="已凍結"):
        actions.review(item=update, decision=Review.ACCEPTED, by=staff, at=AT)


# Appeal --------------------------------------------------------------------------------------------


def test_a_granted_appeal_makes_the_item_count(unit, contact, staff):
    update = make.make_update(unit=unit, review=Review.REJECTED)
    appeal = actions.appeal(item=update, text="已補正", by=contact, at=AT)

    actions.answer_appeal(appeal=appeal, is_granted=True, answer="補正屬實", by=staff, at=AT)

    update.refresh_from_db()
    assert update.is_counted
    kept = Appeal.objects.get()
    assert (kept.text, kept.rejected_because, kept.answer, kept.is_granted) == (
        "已補正",
        "測試理由",
        "補正屬實",
        True,
    )
    assert Notice.objects.get(user=contact).url == f"/experience/updates/{update.pk}/"


def test_an_appeal_turned_down_leaves_the_item_rejected_and_can_be_made_again(unit, contact, staff):
    topic = make.make_forum_topic(unit=unit, review=Review.REJECTED)
    appeal = actions.appeal(item=topic, text="請再看一次", by=contact, at=AT)

    actions.answer_appeal(appeal=appeal, is_granted=False, answer="仍打不開", by=staff, at=AT)

    topic.refresh_from_db()
    assert topic.review == Review.REJECTED
    assert "維持原審查結果。仍打不開" in Notice.objects.get(user=contact).text
    actions.appeal(item=topic, text="這次補正了", by=contact, at=AT)
    assert topic.appeals.count() == 2


def test_appeal_refusals(unit, contact):
    accepted = make.make_update(unit=unit)
    rejected = make.make_update(unit=unit, review=Review.REJECTED)
    actions.appeal(item=rejected, text="第一次", by=contact, at=AT)

    with pytest.raises(actions.ReviewRefused, match="只有未通過"):
        actions.appeal(item=accepted, text="沒有必要", by=contact, at=AT)
    with pytest.raises(actions.ReviewRefused, match="已在申復中"):
        actions.appeal(item=rejected, text="第二次", by=contact, at=AT)
    freeze(unit.programme)
    with pytest.raises(Refused, match="已凍結"):
        actions.appeal(item=rejected, text="太晚", by=contact, at=AT)

    assert Appeal.objects.count() == 1


def test_answer_appeal_refusals(unit, contact, staff):
    update = make.make_update(unit=unit, review=Review.REJECTED)
    appeal = actions.appeal(item=update, text="已補正", by=contact, at=AT)

    with pytest.raises(actions.ReviewRefused, match="寫明答復內容"):
        actions.answer_appeal(appeal=appeal, is_granted=True, answer="", by=staff, at=AT)
    actions.answer_appeal(appeal=appeal, is_granted=False, answer="維持", by=staff, at=AT)
    with pytest.raises(actions.ReviewRefused, match="已經答復"):
        actions.answer_appeal(appeal=appeal, is_granted=True, answer="改了", by=staff, at=AT)
    freeze(unit.programme)
    with pytest.raises(Refused, match="已凍結"):
        actions.answer_appeal(appeal=appeal, is_granted=True, answer="改了", by=staff, at=AT)
