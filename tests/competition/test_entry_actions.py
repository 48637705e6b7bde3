"""What units and the office do with works, and every refusal."""

from datetime import date

import pytest

from agencies.models import Category, Notice, Programme
from competition import actions
from competition.models import Entry, ResultSet
from foundation.errors import Refused
from foundation.models import Event
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
BEFORE = taipei(2016, 6, 30, 10)
AFTER = taipei(2016, 7, 2)
AUTHORS = [("林堃峯", "科員"), ("游喆", "")]


@pytest.fixture
def unit():
    return make.make_unit(name="嘉義縣竹崎鄉公所")


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit)


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def topic(unit):
    return make.make_competition(programme=unit.programme).groups.get(key="agency").topics.get()


@pytest.fixture
def draft(unit, contact, topic):
    return actions.create_draft(
        unit=unit, topic=topic, title="簡易自來水", authors=AUTHORS, by=contact, at=BEFORE
    )


def add_file(entry, by, content=b"slides", at=BEFORE):
    return actions.attach(entry=entry, stored=store(content, by), by=by, at=at)


def store(content, by):
    from foundation import files

    return files.store(content, name="教材.pptx", by=by, at=BEFORE)


@pytest.fixture
def submitted(draft, contact):
    add_file(draft, contact)
    return actions.submit(entry=draft, consent=True, by=contact, at=BEFORE)


def finalise(group):
    ResultSet.objects.create(
        group=group,
        number=1,
        payload={},
        sha256="",
        release_at=AFTER,
        finalised_by=make.make_staff(),
        finalised_at=AFTER,
    )


def refused(action, **arguments):
    """The sentence of the refusal; nothing was written, not even an event."""
    events = Event.objects.count()
    with pytest.raises(Refused) as caught:
        action(**arguments)
    assert Event.objects.count() == events
    return str(caught.value)


def test_a_draft_names_its_authors_and_leaves_an_event(draft, unit, contact):
    event = Event.objects.get(action="entry.created")

    assert (draft.state, draft.receipt, draft.unit) == (Entry.State.DRAFT, "", unit)
    assert list(draft.authors.values_list("position", "name", "title")) == [
        (1, "林堃峯", "科員"),
        (2, "游喆", ""),
    ]
    assert (event.actor, event.at, event.scope) == (contact, BEFORE, "105")
    assert event.summary == "嘉義縣竹崎鄉公所：新增作品草稿「簡易自來水」"


@pytest.mark.parametrize("at", [taipei(2016, 7, 2), taipei(2016, 7, 2, 0, 1)])
def test_no_draft_after_the_deadline(unit, contact, topic, at):
    assert (
        refused(actions.create_draft, unit=unit, topic=topic, title="t", authors=AUTHORS, by=contact, at=at)
        == "已過繳交期限（7月1日（五）24:00 截止（臺北時間）），不能再送件。"
    )


def test_the_last_second_is_in_time(unit, contact, topic):
    last = taipei(2016, 7, 1, 23, 59).replace(second=59, microsecond=999_999)

    assert actions.create_draft(unit=unit, topic=topic, title="t", authors=AUTHORS, by=contact, at=last).pk


def test_an_extension_lets_one_unit_and_no_other(unit, contact, topic, staff):
    competition, other = topic.group.competition, make.make_unit()
    actions.extend(
        competition=competition, unit=unit, due_on=date(2016, 7, 8), reason="颱風停班", by=staff, at=BEFORE
    )
    arguments = {"topic": topic, "title": "t", "authors": AUTHORS, "by": contact}

    assert actions.create_draft(unit=unit, at=taipei(2016, 7, 8, 23, 59), **arguments).pk
    assert "已過繳交期限" in refused(actions.create_draft, unit=unit, at=taipei(2016, 7, 9), **arguments)
    assert "已過繳交期限" in refused(actions.create_draft, unit=other, at=taipei(2016, 7, 8), **arguments)


def test_a_topic_of_the_other_group_is_refused(unit, contact, topic):
    other = topic.group.competition.groups.get(key="county_and_school").topics.get()

    assert (
        refused(
            actions.create_draft, unit=unit, topic=other, title="t", authors=AUTHORS, by=contact, at=BEFORE
        )
        == "嘉義縣竹崎鄉公所屬於機關組，不能選「為民服務」這個別組的主題。"
    )


def test_a_work_with_sheets_stays_in_its_group(unit, contact, topic, staff):
    entry = make.make_entry(unit=unit)
    make.make_sheet(entry=entry, judge=make.make_judge())
    other = topic.group.competition.groups.get(key="county_and_school").topics.get()
    unit.competition_group = "county_and_school"
    unit.save()

    arguments = {"title": "t", "authors": AUTHORS, "by": staff, "at": BEFORE}
    assert refused(actions.revise, entry=entry, topic=other, **arguments) == (
        "這件作品已有評分表，不能改列別組的主題。"
    )


def test_a_unit_in_no_group_cannot_enter(contact, topic):
    unit = make.make_unit(category=Category.OTHER, name="其他機關")

    assert (
        refused(
            actions.create_draft, unit=unit, topic=topic, title="t", authors=AUTHORS, by=contact, at=BEFORE
        )
        == "其他機關不在任何競賽組別，不能參賽。"
    )


def test_an_axis_belongs_to_a_topic_that_asks_for_one(unit, contact, topic):
    arguments = {"unit": unit, "topic": topic, "title": "t", "authors": AUTHORS, "by": contact, "at": BEFORE}
    assert refused(actions.create_draft, axis="industry", **arguments) == "主題「為民服務」不分主軸。"

    topic.asks_axis = True
    topic.save()
    assert actions.create_draft(axis="industry", **arguments).axis == "industry"


def test_a_topic_of_another_year_is_refused(unit, contact, topic):
    other_year = make.make_competition(programme=make.make_programme(year=104))
    topic = other_year.groups.get(key="agency").topics.get()

    assert (
        refused(
            actions.create_draft,
            unit=unit,
            topic=topic,
            title="t",
            authors=AUTHORS,
            by=contact,
            at=taipei(2015, 5, 1),
        )
        == "主題與機關不屬於同一年度。"
    )


def test_a_work_has_an_author(unit, contact, topic):
    assert (
        refused(actions.create_draft, unit=unit, topic=topic, title="t", authors=[], by=contact, at=BEFORE)
        == "至少要有一位作者。"
    )


def test_submission_gives_the_next_receipt_of_the_group(unit, contact, topic, submitted):
    assert submitted.receipt == "105-A-0001"
    assert (submitted.state, submitted.submitted_at) == (Entry.State.SUBMITTED, BEFORE)
    assert (submitted.consented_by, submitted.consented_at) == (contact, BEFORE)

    make.make_entry(unit=unit, receipt="105-A-0007")
    make.make_entry(unit=unit, receipt="105-A-X9")
    draft = actions.create_draft(
        unit=unit, topic=topic, title="第二件", authors=AUTHORS, by=contact, at=BEFORE
    )
    add_file(draft, contact)
    assert actions.submit(entry=draft, consent=True, by=contact, at=BEFORE).receipt == "105-A-0008"


def test_submission_needs_a_file_and_consent(draft, contact):
    assert refused(actions.submit, entry=draft, consent=True, by=contact, at=BEFORE) == "還缺：作品檔案。"

    add_file(draft, contact)
    assert (
        refused(actions.submit, entry=draft, consent=False, by=contact, at=BEFORE)
        == "送件前須確認授權與著作權聲明。"
    )


def test_submission_closes_with_the_deadline(draft, contact):
    add_file(draft, contact)

    assert "已過繳交期限" in refused(actions.submit, entry=draft, consent=True, by=contact, at=AFTER)


def test_a_submitted_work_is_not_submitted_again(submitted, contact):
    assert (
        refused(actions.submit, entry=submitted, consent=True, by=contact, at=BEFORE)
        == "這件作品已送件，不能再送件。"
    )


def test_the_unit_may_revise_until_the_deadline(submitted, contact, topic):
    revised = actions.revise(
        entry=submitted, topic=topic, title="新名稱", authors=[("葉範例", "")], by=contact, at=BEFORE
    )

    assert revised.title == "新名稱"
    assert list(revised.authors.values_list("name", flat=True)) == ["葉範例"]
    assert Event.objects.get(action="entry.revised").data["before"] == {
        "title": "簡易自來水",
        "topic": "為民服務",
        "authors": "林堃峯、游喆",
    }
    assert "已過繳交期限" in refused(
        actions.revise, entry=submitted, topic=topic, title="t", authors=AUTHORS, by=contact, at=AFTER
    )


def test_a_work_being_scored_is_no_longer_changed_by_the_unit(submitted, contact, topic, staff):
    make.make_sheet(entry=submitted, judge=make.make_judge(), signed_at=None)
    arguments = {"entry": submitted, "topic": topic, "title": "t", "authors": AUTHORS, "at": BEFORE}

    assert refused(actions.revise, by=contact, **arguments) == "評審已開始評分，作品不能再變更。"
    assert actions.revise(by=staff, **arguments).title == "t"


def test_files_are_added_once_and_one_must_stay(submitted, contact):
    assert (
        refused(actions.attach, entry=submitted, stored=store(b"slides", contact), by=contact, at=BEFORE)
        == "這個檔案已經在作品裡了。"
    )
    only = submitted.files.get()
    assert refused(actions.detach, entry_file=only, by=contact, at=BEFORE) == (
        "已送件的作品至少要有一個檔案；請先加入新的檔案再移除這一個。"
    )

    second = add_file(submitted, contact, b"better")
    actions.detach(entry_file=only, by=contact, at=BEFORE)
    assert list(submitted.files.all()) == [second]
    assert second.position == 2


def test_files_are_fixed_after_the_deadline_but_for_staff(submitted, contact, staff):
    stored = store(b"late", contact)

    assert "已過繳交期限" in refused(actions.attach, entry=submitted, stored=stored, by=contact, at=AFTER)
    assert actions.attach(entry=submitted, stored=stored, by=staff, at=AFTER).pk


def test_an_entry_holds_a_limited_number_of_files(draft, contact, monkeypatch):
    monkeypatch.setattr("competition.actions.entries.FILES_AN_ENTRY", 1)
    add_file(draft, contact)

    assert (
        refused(actions.attach, entry=draft, stored=store(b"two", contact), by=contact, at=BEFORE)
        == "一件作品最多 1 個檔案。"
    )


def test_withdraw_and_submit_again_keeps_the_receipt(submitted, contact):
    withdrawn = actions.withdraw(entry=submitted, by=contact, at=BEFORE)
    assert withdrawn.state == Entry.State.WITHDRAWN

    later = taipei(2016, 7, 1, 9)
    again = actions.submit(entry=withdrawn, consent=True, by=contact, at=later)
    assert (again.state, again.receipt, again.submitted_at) == ("submitted", "105-A-0001", later)


def test_withdrawing_refuses_drafts_and_lateness(draft, contact):
    assert refused(actions.withdraw, entry=draft, by=contact, at=BEFORE) == "這件作品草稿，不能撤回。"
    add_file(draft, contact)
    actions.submit(entry=draft, consent=True, by=contact, at=BEFORE)
    assert "已過繳交期限" in refused(actions.withdraw, entry=draft, by=contact, at=AFTER)


def test_staff_withdraw_with_a_reason_and_the_unit_is_told(submitted, contact, staff):
    assert refused(actions.withdraw, entry=submitted, by=staff, at=AFTER) == "承辦人代為撤回須說明理由。"

    actions.withdraw(entry=submitted, reason="機關來函", by=staff, at=AFTER)
    assert [(n.user, n.text) for n in Notice.objects.all()] == [
        (contact, "作品「簡易自來水」由承辦人撤回：機關來函")
    ]


def test_disqualify_and_reinstate(submitted, contact, staff):
    assert refused(actions.disqualify, entry=submitted, reason="", by=staff, at=AFTER) == (
        "取消資格須說明理由。"
    )
    entry = actions.disqualify(entry=submitted, reason="抄襲", by=staff, at=AFTER)
    assert (entry.state, entry.state_reason) == (Entry.State.DISQUALIFIED, "抄襲")
    assert refused(actions.disqualify, entry=entry, reason="再一次", by=staff, at=AFTER) == (
        "這件作品取消資格，不能取消資格。"
    )
    assert refused(actions.withdraw, entry=entry, by=contact, at=BEFORE) == "這件作品取消資格，不能撤回。"
    assert refused(actions.submit, entry=entry, consent=True, by=contact, at=BEFORE) == (
        "這件作品取消資格，不能再送件。"
    )

    assert refused(actions.reinstate, entry=entry, reason="", by=staff, at=AFTER) == ("恢復參賽須說明理由。")
    entry = actions.reinstate(entry=entry, reason="查證無誤", by=staff, at=AFTER)
    assert (entry.state, entry.state_reason, entry.receipt) == ("submitted", "", "105-A-0001")
    assert Notice.objects.filter(user=contact).count() == 2
    assert refused(actions.reinstate, entry=entry, reason="再一次", by=staff, at=AFTER) == (
        "這件作品已送件，沒有可以恢復的資格。"
    )


def test_a_disqualified_work_is_not_changed(submitted, staff, topic):
    actions.disqualify(entry=submitted, reason="抄襲", by=staff, at=BEFORE)

    assert (
        refused(actions.revise, entry=submitted, topic=topic, title="t", authors=AUTHORS, by=staff, at=BEFORE)
        == "這件作品已取消資格，不能變更。"
    )


def test_a_final_result_closes_the_works_of_its_group(submitted, contact, staff, topic, unit):
    finalise(topic.group)
    stored = store(b"new", staff)
    said = {
        refused(actions.revise, entry=submitted, topic=topic, title="t", authors=AUTHORS, by=staff, at=AFTER),
        refused(actions.attach, entry=submitted, stored=stored, by=staff, at=AFTER),
        refused(actions.withdraw, entry=submitted, reason="r", by=staff, at=AFTER),
        refused(actions.disqualify, entry=submitted, reason="r", by=staff, at=AFTER),
        refused(
            actions.register,
            unit=unit,
            topic=topic,
            title="t",
            authors=AUTHORS,
            submitted_on=date(2016, 6, 1),
            by=staff,
            at=AFTER,
        ),
    }

    assert said == {"機關組的結果已定案，作品不能再變更。", "機關組的結果已定案，不能再變更。"}


def test_a_frozen_year_takes_no_changes(submitted, staff, unit, topic):
    Programme.objects.update(state=Programme.State.FROZEN)
    arguments = {"reason": "理由", "by": staff, "at": AFTER}

    assert refused(actions.disqualify, entry=submitted, **arguments) == ("105年度已凍結，資料不能再變更。")
    assert (
        refused(
            actions.register,
            unit=unit,
            topic=topic,
            title="t",
            authors=AUTHORS,
            submitted_on=date(2016, 6, 1),
            by=staff,
            at=AFTER,
        )
        == "105年度已凍結，資料不能再變更。"
    )


def test_staff_register_a_paper_work(unit, topic, staff):
    entry = actions.register(
        unit=unit,
        topic=topic,
        title="光碟作品",
        authors=AUTHORS,
        submitted_on=date(2016, 6, 20),
        receipt="紙105001",
        by=staff,
        at=AFTER,
    )

    assert (entry.state, entry.medium, entry.receipt) == ("submitted", "paper_or_disc", "紙105001")
    assert entry.submitted_at == taipei(2016, 6, 20, 12)
    assert (
        refused(
            actions.register,
            unit=unit,
            topic=topic,
            title="另一件",
            authors=AUTHORS,
            submitted_on=date(2016, 6, 20),
            receipt="紙105001",
            by=staff,
            at=AFTER,
        )
        == "這個收件編號已有作品使用。"
    )
    assert (
        refused(
            actions.register,
            unit=unit,
            topic=topic,
            title="太早",
            authors=AUTHORS,
            submitted_on=date(2016, 2, 29),
            by=staff,
            at=AFTER,
        )
        == "送件日期不在計畫期間（民國105年3月1日至9月30日）內。"
    )


def test_a_registered_work_without_number_gets_the_next_one(unit, topic, staff):
    entry = actions.register(
        unit=unit,
        topic=topic,
        title="光碟",
        authors=AUTHORS,
        submitted_on=date(2016, 7, 20),
        by=staff,
        at=AFTER,
    )

    assert entry.receipt == "105-A-0001"
    assert Entry.objects.with_due().get().is_late is True
