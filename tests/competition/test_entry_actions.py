"""What units and the office do with works, and every refusal."""

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import pytest

from agencies.models import Category, Notice, Programme
from competition import actions, completeness, versions
from competition.models import Entry, ResultSet
from foundation.errors import Refused
from foundation.models import Event, Mail
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
def whole(draft, contact):
    """The draft with all that it needs."""
    add_file(draft, contact)
    return revise(draft, by=contact, synopsis="報修步驟", making="簡報錄製", uses_materials=False)


@pytest.fixture
def submitted(whole, contact):
    return submit(whole, by=contact)


def revise(entry, *, by, at=BEFORE, version=None, **changes):
    version = entry.version if version is None else version
    return actions.revise(entry=entry, version=version, by=by, at=at, **changes)


def submit(entry, *, by, at=BEFORE, version=None, licence="county", consent=True):
    version = entry.version if version is None else version
    return actions.submit(entry=entry, licence=licence, consent=consent, version=version, by=by, at=at)


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
        == "已過繳交期限，7月1日（五）24:00 截止（臺北時間）；不能再送件。"
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

    assert refused(revise, entry=entry, topic=other, by=staff) == ("這件作品已有評分表，不能改列別組的主題。")


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


def test_a_registered_work_has_an_author(unit, topic, staff):
    arguments = {"unit": unit, "topic": topic, "title": "t", "submitted_on": date(2016, 6, 1)}

    assert refused(actions.register, authors=[], by=staff, at=BEFORE, **arguments) == "至少要有一位作者。"


def test_submission_gives_the_next_receipt_of_the_group(unit, contact, topic, submitted):
    assert submitted.receipt == "105-A-0001"
    assert (submitted.state, submitted.submitted_at) == (Entry.State.SUBMITTED, BEFORE)
    assert (submitted.consented_by, submitted.consented_at) == (contact, BEFORE)

    make.make_entry(unit=unit, receipt="105-A-0007")
    make.make_entry(unit=unit, receipt="105-A-X9")
    second = make.make_whole_draft(unit=unit)
    assert submit(second, by=contact).receipt == "105-A-0008"


def test_submission_needs_every_step(draft, contact, unit):
    assert refused(submit, entry=draft, by=contact) == (
        "還缺：內容簡介、作品檔案、製作方式與工具、第三方素材的聲明（沒有就選「沒有使用」）。"
    )


def test_submission_needs_consent_and_a_licence(whole, contact):
    assert refused(submit, entry=whole, consent=False, by=contact) == "送件前須確認授權與著作權聲明。"
    assert refused(submit, entry=whole, licence="", by=contact) == "送件前須選擇授權方式。"

    entry = submit(whole, licence="cc_by", by=contact)
    assert (entry.licence, entry.consented_by, entry.consented_at) == ("cc_by", contact, BEFORE)


def test_submission_closes_with_the_deadline(whole, contact):
    last = taipei(2016, 7, 1, 23, 59).replace(second=59)

    assert "已過繳交期限" in refused(submit, entry=whole, by=contact, at=AFTER)
    assert "已過繳交期限" in refused(submit, entry=whole, by=contact, at=AFTER + timedelta(seconds=1))
    assert submit(whole, by=contact, at=last).submitted_at == last


def test_a_second_click_finds_the_work_handed_in(submitted, contact):
    events, letters = Event.objects.count(), Mail.objects.count()

    again = submit(submitted, by=contact, at=AFTER)

    assert (again.receipt, again.submitted_at) == (submitted.receipt, BEFORE)
    assert (Event.objects.count(), Mail.objects.count()) == (events, letters)


def test_a_work_changed_elsewhere_is_looked_at_before_it_is_handed_in(whole, contact):
    with pytest.raises(actions.EntryConflict) as caught:
        submit(whole, version=0, by=contact)

    assert caught.value.entry.version == whole.version


def test_handing_in_tells_every_contact_with_the_files(whole, contact, unit):
    deputy, stranger = make.make_contact(unit=unit), make.make_contact(unit=make.make_unit())

    submit(whole, by=contact)

    told = Notice.objects.values_list("user", "text")
    assert set(told) == {
        (user.pk, "作品「簡易自來水」已送件，收件編號 105-A-0001。") for user in (contact, deputy)
    }
    letters = {mail.recipient: mail.body for mail in Mail.objects.all()}
    assert set(letters) == {contact.email, deputy.email} and stranger.email not in letters
    sha256 = hashlib.sha256(b"slides").hexdigest()
    for line in (
        "收件編號：105-A-0001",
        "送件時間：105年6月30日 10:00（臺北時間）",
        "繳交期限：7月1日（五）24:00 截止（臺北時間）",
        "1. 教材.pptx，6 位元組",
        f"   SHA-256 {sha256}",
    ):
        assert line in letters[contact.email].splitlines()


# What is said about a work ---------------------------------------------------------------------


def test_a_draft_is_kept_as_far_as_it_goes_and_leaves_no_event(draft, contact):
    events = Event.objects.count()

    saved = revise(draft, by=contact, title="", authors=[("林堃峯", "", Decimal("60"))])

    assert (saved.title, str(saved), saved.version) == ("", "未命名作品", 1)
    assert (saved.saved_by, saved.saved_at) == (contact, BEFORE)
    assert saved.author_rows() == [("林堃峯", "", Decimal("60"))]
    assert Event.objects.count() == events


def test_saving_what_is_stored_is_no_save(draft, contact):
    same = revise(draft, by=contact, title="簡易自來水", authors=AUTHORS, materials=[])

    assert same.version == 0


def test_of_two_tabs_the_second_is_told_and_nothing_is_lost(draft, contact):
    revise(draft, by=contact, title="第一個視窗")

    with pytest.raises(actions.EntryConflict) as caught:
        revise(draft, by=contact, title="第二個視窗")

    assert caught.value.entry.title == "第一個視窗"
    assert "測試聯絡人在別的視窗更新了這件作品" in str(caught.value)
    assert revise(draft, version=1, by=contact, title="第二個視窗").title == "第二個視窗"


def test_at_most_ten_authors(draft, contact):
    eleven = [(f"作者{number}", "") for number in range(11)]

    assert refused(revise, entry=draft, by=contact, authors=eleven) == "一件作品最多 10 位作者。"


@pytest.mark.parametrize(
    ("shares", "gaps"),
    [
        ((None, None, None), []),
        ((Decimal("33.33"), Decimal("33.33"), Decimal("33.34")), []),
        ((Decimal("50"), Decimal("50"), None), ["每位作者的貢獻比例（或全部留白，表示均分）"]),
        ((Decimal("50"), Decimal("30"), Decimal("10.5")), ["貢獻比例合計 100%（目前 90.5%）"]),
    ],
)
def test_shares_are_equal_or_sum_to_a_hundred(whole, contact, shares, gaps):
    entry = revise(whole, by=contact, authors=[(f"作者{n}", "", share) for n, share in enumerate(shares)])

    assert [gap.text for gap in completeness.gaps(entry)] == gaps


@pytest.mark.parametrize(
    ("changes", "gaps"),
    [
        ({"uses_materials": True}, ["使用的第三方素材"]),
        (
            {"uses_materials": True, "materials": [("音樂", "網站", "")]},
            ["每項第三方素材的來源與授權"],
        ),
        ({"uses_materials": True, "materials": [("音樂", "網站", "CC BY")]}, []),
        (
            {"uses_materials": False, "materials": [("音樂", "網站", "CC BY")]},
            ["第三方素材的更正：選了「沒有使用」，卻列有「音樂」"],
        ),
        ({"uses_materials": None}, ["第三方素材的聲明（沒有就選「沒有使用」）"]),
        ({"title": ""}, ["作品名稱"]),
    ],
)
def test_materials_are_declared_with_source_and_licence(whole, contact, changes, gaps):
    assert [gap.text for gap in completeness.gaps(revise(whole, by=contact, **changes))] == gaps


def test_an_axis_is_missing_where_the_topic_has_one(whole, topic, contact):
    topic.asks_axis = True
    topic.save()

    entry = Entry.objects.get(pk=whole.pk)
    assert [gap.text for gap in completeness.gaps(entry)] == ["主題「為民服務」的主軸"]


def test_the_unit_may_revise_until_the_deadline_and_versions_are_kept(submitted, contact, topic):
    revised = revise(submitted, by=contact, title="新名稱", authors=[("葉範例", "")])

    assert revised.title == "新名稱"
    assert list(revised.authors.values_list("name", flat=True)) == ["葉範例"]
    assert Event.objects.get(action="entry.revised").data == {"version": revised.version}
    second, first = submitted.versions.all()
    assert [(one.number, one.occasion, one.saved_by, one.saved_at) for one in (first, second)] == [
        (1, "submitted", contact, BEFORE),
        (2, "revised", contact, BEFORE),
    ]
    assert [difference.title for difference in versions.between(first, second)] == ["作品名稱", "作者"]
    assert first.content["authors"] == "林堃峯，科員\n游喆"
    assert "已過繳交期限" in refused(
        revise, entry=submitted, version=revised.version, title="t", by=contact, at=AFTER
    )


def test_a_work_handed_in_keeps_what_it_has(submitted, contact):
    assert refused(revise, entry=submitted, synopsis="", by=contact) == "已送件的作品不能缺：內容簡介。"
    assert refused(revise, entry=submitted, authors=[], by=contact) == "已送件的作品不能缺：作者。"


def test_a_work_from_before_the_steps_can_still_be_corrected(unit, contact):
    entry = make.make_entry(unit=unit)  # no authors, no synopsis, no licence

    assert revise(entry, by=contact, title="更正").title == "更正"


def test_a_withdrawn_work_keeps_a_title(submitted, contact):
    withdrawn = actions.withdraw(entry=submitted, by=contact, at=BEFORE)

    assert refused(revise, entry=withdrawn, title="", by=contact) == (
        "已有收件編號的作品，作品名稱不可空白。"
    )


def test_a_work_being_scored_is_no_longer_changed_by_the_unit(submitted, contact, topic, staff):
    make.make_sheet(entry=submitted, judge=make.make_judge(), signed_at=None)

    assert refused(revise, entry=submitted, title="t", by=contact) == "評審已開始評分，作品不能再變更。"
    assert revise(submitted, title="t", by=staff).title == "t"


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
    assert list(submitted.versions.values_list("number", "occasion")) == [
        (3, "files"),
        (2, "files"),
        (1, "submitted"),
    ]


def test_files_are_fixed_after_the_deadline_but_for_staff(submitted, contact, staff):
    stored = store(b"late", contact)

    assert "已過繳交期限" in refused(actions.attach, entry=submitted, stored=stored, by=contact, at=AFTER)
    assert actions.attach(entry=submitted, stored=stored, by=staff, at=AFTER).pk


def test_an_entry_holds_a_limited_number_of_files(draft, contact, monkeypatch):
    monkeypatch.setattr("competition.actions.entry_files.FILES_AN_ENTRY", 1)
    add_file(draft, contact)

    assert (
        refused(actions.attach, entry=draft, stored=store(b"two", contact), by=contact, at=BEFORE)
        == "一件作品最多 1 個檔案。"
    )


def test_withdraw_and_submit_again_keeps_the_receipt(submitted, contact):
    withdrawn = actions.withdraw(entry=submitted, by=contact, at=BEFORE)
    assert withdrawn.state == Entry.State.WITHDRAWN

    later = taipei(2016, 7, 1, 9)
    again = submit(withdrawn, by=contact, at=later)
    assert (again.state, again.receipt, again.submitted_at) == ("submitted", "105-A-0001", later)


def test_withdrawing_refuses_drafts_and_lateness(whole, contact):
    assert refused(actions.withdraw, entry=whole, by=contact, at=BEFORE) == "這件作品草稿，不能撤回。"
    submit(whole, by=contact)
    assert "已過繳交期限" in refused(actions.withdraw, entry=whole, by=contact, at=AFTER)


def test_staff_withdraw_with_a_reason_and_the_unit_is_told(submitted, contact, staff):
    assert refused(actions.withdraw, entry=submitted, by=staff, at=AFTER) == "承辦人代為撤回須說明理由。"

    actions.withdraw(entry=submitted, reason="機關來函", by=staff, at=AFTER)
    latest = Notice.objects.first()
    assert (latest.user, latest.text) == (contact, "作品「簡易自來水」由承辦人撤回：機關來函")


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
    assert refused(submit, entry=entry, by=contact) == ("這件作品取消資格，不能再送件。")

    assert refused(actions.reinstate, entry=entry, reason="", by=staff, at=AFTER) == ("恢復參賽須說明理由。")
    entry = actions.reinstate(entry=entry, reason="查證無誤", by=staff, at=AFTER)
    assert (entry.state, entry.state_reason, entry.receipt) == ("submitted", "", "105-A-0001")
    assert list(Notice.objects.filter(user=contact).values_list("text", flat=True)[:2]) == [
        "作品「簡易自來水」恢復參賽：查證無誤",
        "作品「簡易自來水」經取消資格：抄襲",
    ]
    assert refused(actions.reinstate, entry=entry, reason="再一次", by=staff, at=AFTER) == (
        "這件作品已送件，沒有可以恢復的資格。"
    )


def test_a_disqualified_work_is_not_changed(submitted, staff, topic):
    actions.disqualify(entry=submitted, reason="抄襲", by=staff, at=BEFORE)

    assert refused(revise, entry=submitted, title="t", by=staff) == "這件作品已取消資格，不能變更。"


def test_a_final_result_closes_the_works_of_its_group(submitted, contact, staff, topic, unit):
    finalise(topic.group)
    stored = store(b"new", staff)
    said = {
        refused(revise, entry=submitted, title="t", by=staff, at=AFTER),
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
