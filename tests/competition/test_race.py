"""Two at one moment: no receipt twice, no score lost, nothing written after the result; on both databases."""

from datetime import timedelta
from decimal import Decimal

import pytest

from competition import actions
from competition.actions.entry_files import release_removed
from competition.models import Conflict, Entry, Judge, RemovedFile, ResultSet, ScoreSheet
from competition.standings import standings
from foundation.errors import Refused
from foundation.models import Event, Mail, StoredFile
from tests import factories as make
from tests.factories import taipei
from tests.races import at_once

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
BEFORE, DURING = taipei(2016, 6, 30), taipei(2016, 7, 10)
WINDOWS = 8


def submits(entry, by):
    return lambda: actions.submit(
        entry=entry, licence="county", consent=True, version=entry.version, by=by, at=BEFORE
    )


def test_works_handed_in_at_one_moment_get_a_receipt_each():
    unit, staff = make.make_unit(), make.make_staff()
    drafts = [make.make_whole_draft(unit=unit, by=staff) for _ in range(WINDOWS)]

    entries = at_once([submits(draft, staff) for draft in drafts])

    assert sorted(entry.receipt for entry in entries) == [
        f"105-A-{number:04d}" for number in range(1, WINDOWS + 1)
    ]


def test_one_work_handed_in_by_many_clicks_is_handed_in_once():
    unit, staff = make.make_unit(), make.make_staff()
    make.make_contact(unit=unit)
    entry = make.make_whole_draft(unit=unit, by=staff)

    results = at_once([submits(entry, staff)] * WINDOWS)

    assert [(one.state, one.receipt) for one in results] == [("submitted", "105-A-0001")] * WINDOWS
    assert Event.objects.filter(action="entry.submitted").count() == 1
    assert (Mail.objects.count(), entry.versions.count()) == (1, 1)


def test_of_two_tabs_one_saves_the_work_and_the_other_is_told():
    entry, staff = make.make_whole_draft(unit=make.make_unit()), make.make_staff()

    def call(number):
        return lambda: actions.revise(entry=entry, version=0, title=f"名稱 {number}", by=staff, at=BEFORE)

    results = at_once([call(number) for number in range(WINDOWS)])

    kept = [result for result in results if isinstance(result, Entry)]
    told = [result for result in results if isinstance(result, actions.EntryConflict)]
    assert (len(kept), len(told)) == (1, WINDOWS - 1)
    entry.refresh_from_db()
    assert (entry.version, entry.title) == (1, kept[0].title)


def saves(entry, judge, *, versions):
    """A call for each version; each writes its own number as the mark."""
    criterion = entry.competition.criteria.first()

    def call(number, version):
        return lambda: actions.save_sheet(
            judge=judge,
            entry=entry,
            points={criterion.pk: Decimal(number)},
            comment=str(number),
            version=version,
            by=judge.user,
            at=DURING,
        )

    return [call(number, version) for number, version in enumerate(versions, start=1)]


@pytest.mark.parametrize("begun", [False, True])
def test_of_windows_with_the_same_version_one_saves_and_the_others_are_told(begun):
    entry = make.make_entry(unit=make.make_unit())
    judge = Judge.objects.select_related("user", "group").get(user=make.make_judge())
    if begun:
        make.make_sheet(entry=entry, judge=judge.user, signed_at=None)

    results = at_once(saves(entry, judge, versions=[int(begun)] * WINDOWS))

    kept = [result for result in results if isinstance(result, ScoreSheet)]
    told = [result for result in results if isinstance(result, actions.SheetConflict)]
    assert (len(kept), len(told)) == (1, WINDOWS - 1)
    sheet = ScoreSheet.objects.get()
    assert (sheet.version, sheet.comment) == (int(begun) + 1, kept[0].comment)
    assert sheet.scores.first().points == Decimal(sheet.comment)


def test_judges_saving_at_once_do_not_disturb_each_other():
    entry = make.make_entry(unit=make.make_unit())
    judges = [
        Judge.objects.select_related("user", "group").get(user=make.make_judge()) for _ in range(WINDOWS)
    ]
    calls = [saves(entry, judge, versions=[0])[0] for judge in judges]

    results = at_once(calls)

    assert {type(result) for result in results} == {ScoreSheet}
    assert ScoreSheet.objects.count() == WINDOWS


def test_a_save_is_in_the_result_or_refused_never_after_it():
    entry = make.make_entry(unit=make.make_unit())
    for _ in range(3):
        make.make_sheet(entry=entry, judge=make.make_judge(), marks=(40, 30, 20, 5), signed_at=DURING)
    judge = Judge.objects.select_related("user", "group").get(user=make.make_judge())
    staff, group = make.make_staff(), entry.topic.group

    saved, result = at_once(
        [
            saves(entry, judge, versions=[0])[0],
            lambda: actions.finalise(group=group, release_at=DURING, by=staff, at=DURING),
        ]
    )

    assert isinstance(result, ResultSet)
    order = list(
        Event.objects.filter(action__in=["sheet.saved", "result.finalised"])
        .order_by("pk")
        .values_list("action", flat=True)
    )
    if isinstance(saved, Refused):
        assert str(saved) == "機關組的結果已定案，評分表不能再變更。"
        assert order == ["result.finalised"]
    else:
        assert order == ["sheet.saved", "result.finalised"]


def test_two_people_finalise_once():
    entry = make.make_entry(unit=make.make_unit())
    for _ in range(3):
        make.make_sheet(entry=entry, judge=make.make_judge(), marks=(40, 30, 20, 5))
    staff, group = make.make_staff(), entry.topic.group

    results = at_once(
        [lambda: actions.finalise(group=group, release_at=DURING, by=staff, at=DURING) for _ in range(2)]
    )

    assert sorted(type(result).__name__ for result in results) == ["ResultRefused", "ResultSet"]
    assert ResultSet.objects.count() == 1


@pytest.mark.parametrize("begun", [False, True])
def test_a_sheet_is_saved_before_the_conflict_or_refused_never_after_it(begun):
    entry = make.make_entry(unit=make.make_unit())
    judge = Judge.objects.select_related("user", "group").get(user=make.make_judge())
    if begun:
        make.make_sheet(entry=entry, judge=judge.user, signed_at=None)
    staff = make.make_staff()

    *saved, conflict = at_once(
        [
            *saves(entry, judge, versions=[int(begun)]),
            lambda: actions.declare_conflict(judge=judge, entry=entry, reason="親屬", by=staff, at=DURING),
        ]
    )

    order = list(
        Event.objects.filter(action__in=["sheet.saved", "conflict.declared"])
        .order_by("pk")
        .values_list("action", flat=True)
    )
    assert isinstance(conflict, Conflict)
    if isinstance(saved[0], Refused):
        assert str(saved[0]) == "您已迴避這件作品，不能評分。"
        assert order == ["conflict.declared"]
        assert ScoreSheet.objects.count() == int(begun)
    else:
        assert order == ["sheet.saved", "conflict.declared"]


def test_a_signature_is_before_the_conflict_or_refused_and_never_counts():
    entry = make.make_entry(unit=make.make_unit())
    judge = Judge.objects.select_related("user", "group").get(user=make.make_judge())
    sheet = make.make_sheet(entry=entry, judge=judge.user, marks=(40, 30, 20, 5), signed_at=None)
    group, staff = entry.topic.group, make.make_staff()

    signed, conflict = at_once(
        [
            lambda: actions.sign_sheet(
                judge=judge, entry=entry, version=sheet.version, by=judge.user, at=DURING
            ),
            lambda: actions.declare_conflict(judge=judge, entry=entry, reason="親屬", by=staff, at=DURING),
        ]
    )

    assert isinstance(conflict, Conflict)
    declared = Event.objects.get(action="conflict.declared")
    if isinstance(signed, Refused):
        assert str(signed) == "您已迴避這件作品，不能評分。"
        assert declared.data["signed_sheet"] is False
    else:
        assert declared.data["signed_sheet"] is True
    assert standings(group.competition, groups=[group])[0].sheets == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_removed_file_is_put_back_or_forgotten_never_both(seed):
    entry, staff = make.make_whole_draft(unit=make.make_unit()), make.make_staff()
    removed = make.make_removed_file(entry=entry, content=b"old %d" % seed, at=BEFORE)
    stored = removed.stored

    def put_back():
        return actions.put_back(removed_file=removed, by=staff, at=DURING)

    def release():
        return release_removed(at=BEFORE + timedelta(days=30))

    *_, added = at_once([release, release, put_back])

    kept = StoredFile.objects.filter(pk=stored.pk).exists()
    assert not RemovedFile.objects.exists()
    assert kept == entry.files.filter(stored=stored.pk).exists() == (not isinstance(added, Refused))
    assert Event.objects.filter(action="entry.file_released").count() == (not kept)


def test_a_file_is_taken_out_once_by_many_clicks():
    entry, staff = make.make_whole_draft(unit=make.make_unit()), make.make_staff()
    file = entry.files.first()

    results = at_once([lambda: actions.detach(entry_file=file, by=staff, at=BEFORE)] * WINDOWS)

    assert [str(each) for each in results].count("這個檔案已經移除。") == WINDOWS - 1
    assert RemovedFile.objects.count() == 1
