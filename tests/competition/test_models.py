"""The competition's constraints in the database, and what its rows know of themselves."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from agencies.models import CompetitionGroup
from competition.models import (
    Author,
    Conflict,
    Criterion,
    Entry,
    Extension,
    Group,
    Judge,
    ResultSet,
    Score,
    ScoreSheet,
    SettledPlace,
    TieSettlement,
    Topic,
)
from competition.models.entries import WORK_CODE_ALPHABET
from foundation.models import FileCheck
from tests import factories as make
from tests.factories import taipei

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 7, 20)


def breaks(name, write, *, also=""):
    """The database refuses the write, by that constraint; `also` names another that it breaks too."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()
    message = str(caught.value)
    # SQLite names the columns of a unique constraint instead of the constraint.
    is_named = name in message or (also and also in message)
    assert is_named or "UNIQUE constraint failed" in message


@pytest.fixture
def entry():
    return make.make_entry(unit=make.make_unit())


@pytest.fixture
def sheet(entry):
    return make.make_sheet(entry=entry, judge=make.make_judge())


def test_a_competition_needs_a_sheet_a_mark_and_days_in_order(entry):
    competition = type(entry.competition).objects.filter(pk=entry.competition_id)

    breaks("competition_needs_a_sheet", lambda: competition.update(minimum_sheets=0))
    breaks("competition_minimum_mean_is_a_mark", lambda: competition.update(minimum_mean=101))
    breaks(
        "competition_judging_ends_after_it_starts",
        lambda: competition.update(judging_starts_on=date(2016, 7, 10), judging_ends_on=date(2016, 7, 9)),
    )


def test_groups_topics_and_criteria_are_named_once(entry):
    competition, group = entry.competition, entry.topic.group

    breaks("group_once_a_year", lambda: Group.objects.create(competition=competition, key=group.key))
    breaks("topic_once_a_group", lambda: Topic.objects.create(group=group, name="為民服務"))
    breaks(
        "criterion_name_unique",
        lambda: Criterion.objects.create(competition=competition, name="內容", full_marks=5, position=9),
    )


@pytest.mark.parametrize(
    ("full_marks", "name"),
    [(0, "criterion_full_marks_positive"), (101, "criterion_full_marks_at_most_100")],
)
def test_full_marks_are_between_1_and_100(entry, full_marks, name):
    breaks(
        name,
        lambda: Criterion.objects.create(
            competition=entry.competition, name="其他", full_marks=full_marks, position=9
        ),
    )


def test_a_receipt_belongs_to_one_entry(entry):
    other = make.make_entry(unit=entry.unit)

    breaks(
        "entry_receipt_unique",
        lambda: Entry.objects.filter(pk=other.pk).update(receipt=entry.receipt),
    )


@pytest.mark.parametrize("fields", [{"receipt": ""}, {"submitted_at": None}, {"state": Entry.State.DRAFT}])
def test_a_receipt_and_a_time_come_with_submission(entry, fields):
    breaks("entry_receipt_since_submission", lambda: Entry.objects.filter(pk=entry.pk).update(**fields))


def test_a_disqualification_has_its_reason(entry):
    breaks(
        "entry_disqualified_with_reason",
        lambda: Entry.objects.filter(pk=entry.pk).update(state=Entry.State.DISQUALIFIED),
    )


def test_consent_has_a_person_and_a_time(entry):
    breaks(
        "entry_consent_by_and_at_together",
        lambda: Entry.objects.filter(pk=entry.pk).update(consented_at=AT),
    )


def test_authors_have_a_name_and_a_place_each(entry):
    Author.objects.create(entry=entry, position=1, name="林堃峯")

    breaks("author_position_unique", lambda: Author.objects.create(entry=entry, position=1, name="甲"))
    breaks("author_has_name", lambda: Author.objects.create(entry=entry, position=2, name=""))


def test_an_extension_has_a_reason(entry):
    extension = make.make_extension(unit=entry.unit, due_on=date(2016, 7, 8))

    breaks("extension_has_reason", lambda: Extension.objects.filter(pk=extension.pk).update(reason=""))


def test_files_have_a_place_each(entry):
    make.make_entry_file(entry=entry, position=1)

    breaks(
        "entry_file_position_unique",
        lambda: make.make_entry_file(entry=entry, position=1, content=b"other"),
    )


def test_a_judge_sits_once_on_a_panel(sheet):
    judge = sheet.judge

    breaks("judge_once_a_panel", lambda: Judge.objects.create(group=judge.group, user=judge.user))


def test_a_conflict_stands_once_with_a_reason(sheet):
    conflict = make.make_conflict(entry=sheet.entry, judge=sheet.judge.user)

    breaks("conflict_once", lambda: make.make_conflict(entry=sheet.entry, judge=sheet.judge.user))
    breaks("conflict_has_reason", lambda: Conflict.objects.filter(pk=conflict.pk).update(reason=""))


def test_a_judge_has_one_sheet_an_entry(sheet):
    breaks(
        "score_sheet_once",
        lambda: ScoreSheet.objects.create(entry=sheet.entry, judge=sheet.judge, updated_at=AT),
    )


def test_a_signature_has_a_person_and_only_a_proxy_sheet_an_enterer(sheet):
    sheets = ScoreSheet.objects.filter(pk=sheet.pk)

    breaks("score_sheet_signed_at_and_by_together", lambda: sheets.update(signed_by=None))
    breaks("score_sheet_entered_by_only_for_a_proxy", lambda: sheets.update(entered_by=make.make_staff()))


@pytest.mark.parametrize(
    ("points", "name"),
    [
        (Decimal("-0.5"), "score_not_negative"),
        (Decimal("3.3"), "score_in_steps_of_half"),
        (Decimal("100.5"), "score_in_steps_of_half"),
    ],
)
def test_points_are_not_negative_and_in_steps_of_half(sheet, points, name):
    # Negative points break both; each database reports the one it looks at first.
    breaks(name, lambda: sheet.scores.update(points=points), also="score_in_steps_of_half")


def test_a_criterion_is_scored_once_a_sheet(sheet):
    score = sheet.scores.first()

    breaks(
        "score_once_a_sheet",
        lambda: Score.objects.create(sheet=sheet, criterion=score.criterion, points=1),
    )


def test_a_reason_stands_only_with_an_abstention(sheet):
    scores = Score.objects.filter(sheet=sheet)

    breaks("score_reason_only_for_an_abstention", lambda: scores.update(reason="沒有教案"))


def test_only_a_sheet_entered_by_staff_is_confirmed(sheet):
    sheets = ScoreSheet.objects.filter(pk=sheet.pk)

    breaks("score_sheet_confirmed_only_for_a_proxy", lambda: sheets.update(confirmed_at=AT))


def test_a_resignation_has_a_reason(sheet):
    breaks("judge_resigned_with_reason", lambda: Judge.objects.update(resigned_at=AT))
    breaks("judge_resigned_with_reason", lambda: Judge.objects.update(resign_reason="出國"))


def test_a_prize_stands_once_a_place_with_whole_vouchers(entry):
    prizes = entry.competition.prizes
    prizes.create(place=1)

    breaks("prize_once_a_place", lambda: prizes.create(place=1))
    breaks("prize_voucher_value_and_count_together", lambda: prizes.create(place=2, voucher_value=500))


def test_a_late_change_of_rules_has_a_reason(entry):
    changes, staff = entry.competition.rule_changes, make.make_staff()

    breaks(
        "rule_change_has_reason",
        lambda: changes.create(text="佳作名額", reason="", changed_by=staff, changed_at=AT),
    )


def test_a_candidate_is_proposed_once_decided_on_a_basis_and_appointed_after_it(entry):
    staff = make.make_staff()
    decided = {"state": "approved", "decided_by": staff, "decided_at": AT, "basis": "簽准"}
    letter = {"letter_number": "第1號", "letter_on": date(2016, 7, 1)}

    def candidate(**fields):
        named = {"name": "乙", "affiliation": "範例大學", **fields}
        entry.competition.candidates.create(proposed_by=staff, proposed_at=AT, **named)

    candidate(name="甲", **decided, **letter)
    breaks("candidate_once_a_year", lambda: candidate(name="甲"))
    breaks("candidate_decided_with_a_basis", lambda: candidate(**{**decided, "basis": ""}))
    breaks("candidate_decided_with_a_basis", lambda: candidate(basis="簽准"))
    breaks("candidate_letter_after_approval", lambda: candidate(**letter))
    breaks("candidate_letter_after_approval", lambda: candidate(**decided, letter_number="第2號"))
    breaks("candidate_letter_number_unique", lambda: candidate(**decided, **letter))


def test_a_settlement_has_a_reason_and_places_each_entry_once_from_one(entry):
    settlement = TieSettlement.objects.create(
        group=entry.topic.group, method="mean", reason="理由", settled_by=make.make_staff(), settled_at=AT
    )
    place = SettledPlace.objects.create(settlement=settlement, entry=entry, place=1)

    breaks("tie_settlement_has_reason", lambda: TieSettlement.objects.update(reason=""))
    breaks(
        "settled_place_once",
        lambda: SettledPlace.objects.create(settlement=settlement, entry=entry, place=2),
    )
    breaks("settled_place_from_one", lambda: SettledPlace.objects.filter(pk=place.pk).update(place=0))


def make_result(entry, **fields):
    return ResultSet.objects.create(
        group=entry.topic.group,
        payload={},
        sha256=ResultSet.fingerprint({}),
        finalised_by=make.make_staff(),
        finalised_at=AT,
        release_at=AT,
        **{"number": 1, **fields},
    )


def test_a_group_has_one_final_result(entry):
    make_result(entry)

    breaks("result_set_one_final_a_group", lambda: make_result(entry, number=2))


def test_reopening_needs_a_reason_and_a_second_person(entry):
    result = make_result(entry)
    results = ResultSet.objects.filter(pk=result.pk)
    first, second = make.make_staff(), make.make_staff()
    asked = {"reopen_asked_by": first, "reopen_asked_at": AT, "reopen_reason": "理由"}

    breaks("result_set_reopening_has_reason", lambda: results.update(**{**asked, "reopen_reason": ""}))
    breaks(
        "result_set_reopened_by_two_people",
        lambda: results.update(superseded_by=second, superseded_at=AT),
    )
    breaks(
        "result_set_reopened_by_two_people",
        lambda: results.update(**asked, superseded_by=first, superseded_at=AT),
    )
    assert results.update(**asked, superseded_by=second, superseded_at=AT) == 1


def test_a_changed_payload_is_no_longer_intact(entry):
    result = make_result(entry)

    assert result.is_intact
    result.payload = {"changed": True}
    assert not result.is_intact


def test_the_deadline_is_the_end_of_the_due_day_in_taipei(entry):
    assert entry.competition.due_at == taipei(2016, 7, 2)
    assert entry.competition.due_at.utcoffset().total_seconds() == 8 * 3600


@pytest.mark.parametrize(
    ("submitted_at", "extended_to", "is_late"),
    [
        (taipei(2016, 7, 1, 23, 59), None, False),
        (taipei(2016, 7, 2), None, True),
        (taipei(2016, 7, 2, 7, 59), None, True),
        (taipei(2016, 7, 5), date(2016, 7, 5), False),
        (taipei(2016, 7, 6), date(2016, 7, 5), True),
        (taipei(2016, 7, 1), date(2016, 6, 1), False),
    ],
)
def test_late_is_after_the_own_deadline(submitted_at, extended_to, is_late):
    entry = make.make_entry(unit=make.make_unit(), submitted_at=submitted_at)
    make.make_extension(unit=make.make_unit(), due_on=date(2016, 9, 1))  # another unit's
    if extended_to:
        make.make_extension(unit=entry.unit, due_on=extended_to)

    assert Entry.objects.with_due().get().is_late is is_late
    assert Entry.objects.in_time().exists() is not is_late


def test_a_draft_is_neither_late_nor_in_time():
    make.make_entry(unit=make.make_unit(), state=Entry.State.DRAFT)

    assert Entry.objects.with_due().get().is_late is False
    assert not Entry.objects.in_time().exists()


def test_a_work_code_is_random_and_never_a_taken_one(monkeypatch):
    codes = iter(["AAAAAA", "AAAAAA", "BBBBBB"])
    monkeypatch.setattr("competition.models.entries.random_work_code", lambda: next(codes))

    assert Entry.new_work_code({"AAAAAA"}) == "BBBBBB"
    assert not set("01IOL") & set(WORK_CODE_ALPHABET)


def test_a_file_has_a_neutral_name_for_judges(entry):
    file = make.make_entry_file(entry=entry, name="竹崎鄉公所_林堃峯.PPTX", position=2)

    assert file.neutral_name == f"{entry.work_code}-2.pptx"


def test_the_kind_of_a_file_is_what_its_check_found_and_until_then_what_its_name_says(entry):
    unchecked = make.make_entry_file(entry=entry, name="教材.zip", state=None)
    found = FileCheck.Kind.PACKAGE_SCORM12
    checked = make.make_entry_file(entry=entry, name="教材.zip", content=b"b", position=2, kind=found)

    assert [unchecked.kind, checked.kind] == ["ZIP", "SCORM 1.2 教材"]


def test_entries_are_visible_to_staff_and_to_the_own_units_contacts():
    own, other = make.make_unit(), make.make_unit()
    entry = make.make_entry(unit=own)
    make.make_entry(unit=other)
    contact = make.make_contact(unit=own)
    former = make.make_contact(unit=own, ends_on=date(2016, 1, 1))
    judge = make.make_judge(group=CompetitionGroup.AGENCY)

    assert list(Entry.objects.visible_to(contact)) == [entry]
    assert list(Entry.objects.visible_to(former)) == []
    assert list(Entry.objects.visible_to(judge)) == []
    assert Entry.objects.visible_to(make.make_staff()).count() == 2


@pytest.mark.parametrize(
    ("title", "full"),
    [("自製數位教材競賽", "105年度自製數位教材競賽"), ("105年度教材競賽", "105年度教材競賽")],
)
def test_the_full_title_says_the_year_once(title, full):
    assert make.make_competition(title=title).full_title == full
