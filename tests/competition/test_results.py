"""Standings from stored sheets, ties settled, results finalised, released and reopened; the two commands."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.models import Category, CompetitionGroup, Programme
from competition import actions
from competition.models import Author, Entry, ResultSet, Score, ScoreSheet
from competition.results import build_payload
from competition.standings import standings
from competition.verification import differences
from foundation.errors import Refused
from foundation.models import Event
from tests import factories as make
from tests.competition.test_ranking import recompute as recomputed
from tests.factories import taipei

pytestmark = pytest.mark.django_db
AT = taipei(2016, 8, 5, 16, 20)
RELEASE = taipei(2016, 8, 15, 10)
FULL = (40, 30, 20, 10)


def entries_with(*marks_of_each, judges=3, unit=None, **fields):
    """One work for each item, every judge giving it the same marks."""
    panel = [make.make_judge() for _ in range(judges)]
    entries = []
    for number, marks in enumerate(marks_of_each, start=1):
        entry = make.make_entry(
            unit=unit or make.make_unit(), receipt=f"A{number}", title=f"作品{number}", **fields
        )
        for judge in panel:
            make.make_sheet(entry=entry, judge=judge, marks=marks)
        entries.append(entry)
    return entries


def the_standing():
    competition = make.the_competition(Programme.objects.get())
    return standings(competition)[0]


def the_group():
    return the_standing().group


def outcome(standing):
    return [
        (standing.entries[each.entry].receipt, each.rank, each.tied, standing.award_of(each))
        for each in standing.ranking
    ]


def finalise(**changes):
    arguments = {"group": the_group(), "release_at": RELEASE, "by": make.make_staff(), "at": AT}
    return actions.finalise(**{**arguments, **changes})


def refused(action, **arguments):
    events = Event.objects.count()
    with pytest.raises(Refused) as caught:
        action(**arguments)
    assert Event.objects.count() == events
    return str(caught.value)


# Standings ------------------------------------------------------------------------------------


def test_only_signed_sheets_of_judges_without_conflict_count():
    (entry,) = entries_with((30, 20, 10, 5))
    draft, conflicted, own, abstained = (make.make_judge() for _ in range(4))
    make.make_sheet(entry=entry, judge=draft, marks=FULL, signed_at=None)
    make.make_sheet(entry=entry, judge=conflicted, marks=FULL)
    make.make_conflict(entry=entry, judge=conflicted)
    make.make_sheet(entry=entry, judge=own, marks=FULL)
    make.make_contact(unit=entry.unit, user=own)
    make.make_sheet(entry=entry, judge=abstained, marks=(40, 30, 20, None))

    ranked = the_standing().ranking[0]

    assert (ranked.sheets, ranked.figure) == (3, 65)


@pytest.mark.parametrize("state", [Entry.State.DRAFT, Entry.State.WITHDRAWN, Entry.State.DISQUALIFIED])
def test_only_submitted_works_are_ranked(state):
    entries_with((30, 20, 10, 5))
    make.make_entry(unit=make.make_unit(), state=state)

    assert outcome(the_standing()) == [("A1", 1, False, None)]


def test_groups_are_ranked_apart():
    entries_with((40, 30, 20, 5))
    school = make.make_unit(category=Category.SCHOOL)
    other = make.make_entry(unit=school)
    judges = [make.make_judge(group=CompetitionGroup.COUNTY_AND_SCHOOL) for _ in range(3)]
    for judge in judges:
        make.make_sheet(entry=other, judge=judge, marks=(30, 30, 20, 5))

    both = standings(other.competition)

    assert [str(each.group) for each in both] == ["機關組", "本府暨學校組"]
    assert [each.ranking[0].rank for each in both] == [1, 1]


@pytest.mark.parametrize("count", [1, 3])
def test_standings_take_a_fixed_number_of_queries(count, django_assert_num_queries):
    entries_with(*[(30, 20, 10, 5)] * count)
    competition = the_standing().competition

    with django_assert_num_queries(12):
        # groups, criteria, late works, topics, units, entries, judges, people, contacts, conflicts, sheets,
        # settlements
        assert len(standings(competition)[0].ranking) == count


# Settling and finalising ----------------------------------------------------------------------


def test_a_tie_at_an_award_place_waits_for_the_chair():
    first, second = entries_with((30, 30, 20, 5), (30, 30, 20, 5))
    group, staff = the_group(), make.make_staff()
    assert outcome(the_standing()) == [("A1", 1, True, None), ("A2", 1, True, None)]
    assert (
        refused(actions.finalise, group=group, release_at=RELEASE, by=staff, at=AT)
        == "第 1 名同分，須由主席裁定：A1、A2。"
    )

    actions.settle_tie(group=group, places={first.pk: 2, second.pk: 1}, reason="創意較佳", by=staff, at=AT)

    assert outcome(the_standing()) == [("A2", 1, False, "第一名"), ("A1", 2, False, "第二名")]
    assert Event.objects.get(action="tie.settled").summary == ("機關組同分裁定：A2（1）、A1（2）；創意較佳")


def test_the_chair_may_keep_them_shared():
    first, second = entries_with((30, 30, 20, 5), (30, 30, 20, 5))

    actions.settle_tie(
        group=the_group(), places={first.pk: 1, second.pk: 1}, reason="並列", by=make.make_staff(), at=AT
    )

    assert outcome(the_standing()) == [("A1", 1, True, "第一名"), ("A2", 1, True, "第一名")]


@pytest.mark.parametrize(
    ("places", "reason", "message"),
    [
        ((1, 2), "", "主席裁定須說明理由。"),
        ((2, 2), "理由", "先後請填 1 至 2，由 1 開始。"),
        ((1, 3), "理由", "先後請填 1 至 2，由 1 開始。"),
    ],
)
def test_a_settlement_must_make_sense(places, reason, message):
    entries = entries_with((30, 30, 20, 5), (30, 30, 20, 5))
    places = {entry.pk: place for entry, place in zip(entries, places, strict=True)}

    assert (
        refused(
            actions.settle_tie, group=the_group(), places=places, reason=reason, by=make.make_staff(), at=AT
        )
        == message
    )


def test_what_is_not_tied_is_not_settled():
    first, second = entries_with((30, 30, 20, 5), (30, 30, 20, 4))

    assert (
        refused(
            actions.settle_tie,
            group=the_group(),
            places={first.pk: 1, second.pk: 2},
            reason="r",
            by=make.make_staff(),
            at=AT,
        )
        == "評分已有變動，這幾件作品不再是待裁定的同分。請重新整理後再裁定。"
    )


def test_a_settlement_holds_for_its_own_method_only():
    first, second = entries_with((30, 30, 20, 5), (30, 30, 20, 5))
    actions.settle_tie(
        group=the_group(), places={first.pk: 2, second.pk: 1}, reason="r", by=make.make_staff(), at=AT
    )

    by_sum = standings(first.competition, method="rank_sum")[0]

    assert [each.is_open_tie for each in by_sum.ranking] == [True, True]


def test_finalising_stores_inputs_outcome_and_fingerprint():
    first, _ = entries_with((40, 30, 20, 5), (20, 20, 10, 5))
    Author.objects.create(entry=first, position=1, name="林堃峯", title="科員")

    result = finalise()

    assert (result.number, result.finalised_at, result.release_at) == (1, AT, RELEASE)
    assert result.is_intact
    payload = ResultSet.objects.get().payload
    assert [place["award"] for place in payload["places"]] == [
        "第一名",
        "第二名",
        "第三名",
        "佳作",
        "佳作",
        "佳作",
    ]
    assert payload["places"][0]["winners"] == ["A1"]
    assert payload["places"][1]["vacant"] == "作品平均未達得獎最低平均。"
    assert payload["places"][2]["vacant"] == "沒有其他可排名的作品。"
    assert payload["entries"][0]["authors"] == [{"name": "林堃峯", "title": "科員"}]
    assert len(payload["sheets"]) == 6


def test_a_stored_result_follows_from_its_own_inputs():
    entries = entries_with((40, 30, 20, 5), (30, 30, 20, 5), (30, 30, 20, 5), (10, 10, 10, 5))
    actions.settle_tie(
        group=the_group(),
        places={entries[1].pk: 2, entries[2].pk: 1},
        reason="r",
        by=make.make_staff(),
        at=AT,
    )
    payload = finalise().payload

    assert differences(payload) == []
    payload["sheets"][0]["points"][0] = "1"
    assert differences(payload)[0].startswith("A1的成績應為 ")


def test_a_stored_result_holds_every_input():
    (entry,) = entries_with((40, 30, 20, 5))
    late, own = make.make_judge(), make.make_judge()
    make.make_sheet(entry=entry, judge=late, marks=(10, 10, 10, 10))
    make.make_conflict(entry=entry, judge=late, reason="曾指導這件作品")
    make.make_contact(unit=entry.unit, user=own)

    payload = finalise().payload

    keys = {judge["username"]: judge["key"] for judge in payload["judges"]}
    assert payload["uncounted_sheets"] == [
        {
            "receipt": "A1",
            "judge": keys[late.username],
            "points": ["10", "10", "10", "10"],
            "why": "評審已迴避這件作品。",
        }
    ]
    assert payload["conflicts"] == [
        {"receipt": "A1", "judge": keys[late.username], "reason": "曾指導這件作品"},
        {"receipt": "A1", "judge": keys[own.username], "reason": "服務於作品的機關"},
    ]
    assert payload["sheets"][0]["signed_at"] == "2016-07-19T16:00:00+00:00"
    assert [prize["award"] for prize in payload["prizes"]] == ["第一名", "第二名", "第三名", "佳作"]


@pytest.mark.both_databases
@pytest.mark.parametrize("change", [{"payload": {}}, {"sha256": "0" * 64}, {"number": 9}])
def test_the_database_refuses_to_change_a_result(change, pytestconfig):
    if pytestconfig.getoption("nomigrations", default=False):
        pytest.skip("the trigger comes with the migrations")
    entries_with((40, 30, 20, 5))
    result = finalise()

    with pytest.raises(IntegrityError, match="a stored result does not change"), transaction.atomic():
        ResultSet.objects.update(**change)

    assert ResultSet.objects.get() == result
    assert ResultSet.objects.get().is_intact


def test_what_was_finalised_does_not_follow_later_names():
    (entry,) = entries_with((40, 30, 20, 5))
    result = finalise()

    Entry.objects.filter(pk=entry.pk).update(title="別的名字")
    result.refresh_from_db()
    assert result.payload["entries"][0]["title"] == "作品1"
    assert result.is_intact


def test_a_group_is_finalised_once():
    entries_with((40, 30, 20, 5))
    finalise()

    assert refused(finalise) == "機關組的結果已定案。"


def test_nothing_to_rank_is_not_finalised():
    make.the_competition(make.the_programme())

    assert refused(finalise) == "沒有可排名的作品。"


def test_missing_sheets_stand_in_the_way_unless_accepted():
    entries_with((40, 30, 20, 5))
    make.make_entry(unit=make.make_unit(), receipt="A9")

    assert refused(finalise) == "評分表不足 3 張，尚無法排名：A9。"
    assert finalise(accept_unranked=True).payload["ranking"][1]["rank"] is None


def test_of_many_works_in_the_way_the_first_are_named():
    entries_with((40, 30, 20, 5))
    for number in range(1, 9):
        make.make_entry(unit=make.make_unit(), receipt=f"B{number}")

    assert refused(finalise) == "評分表不足 3 張，尚無法排名：B1、B2、B3、B4、B5、B6 等 8 件。"


def test_while_anybody_may_hand_in_finalising_asks_for_an_explicit_yes():
    entry = entries_with((40, 30, 20, 5))[0]
    make.make_extension(unit=entry.unit, due_on=date(2016, 8, 10))
    make.make_extension(unit=make.make_unit(category=Category.SCHOOL), due_on=date(2016, 8, 20))

    assert refused(finalise) == "8月10日（三）24:00 以前機關還能送件；定案後就不能再送。"
    assert refused(finalise, at=taipei(2016, 8, 10, 23, 59)).startswith("8月10日（三）24:00 以前機關還能送件")
    assert finalise(accept_early=True).number == 1
    assert "早於8月10日（三）24:00 截止（臺北時間）" in Event.objects.get(action="result.finalised").summary


def test_from_the_deadline_on_nothing_is_asked():
    entry = entries_with((40, 30, 20, 5))[0]
    make.make_extension(unit=entry.unit, due_on=date(2016, 8, 10))

    assert finalise(at=taipei(2016, 8, 11)).number == 1


def test_a_late_work_must_be_decided_on():
    entry = entries_with((40, 30, 20, 5), submitted_at=taipei(2016, 7, 2))[0]

    assert refused(finalise) == "逾期送件尚未處理（取消資格或核准延期）：A1。"
    make.make_extension(unit=entry.unit, due_on=date(2016, 7, 2))
    assert finalise().number == 1


def test_a_release_time_in_the_past_means_now():
    entries_with((40, 30, 20, 5))

    assert finalise(release_at=taipei(2016, 8, 1)).release_at == AT


def test_the_release_time_moves_until_it_has_come():
    entries_with((40, 30, 20, 5))
    result, staff, later = finalise(), make.make_staff(), taipei(2016, 8, 20, 10)

    assert (
        refused(actions.change_release, result=result, release_at=taipei(2016, 8, 1), by=staff, at=AT)
        == "公布時間不能早於現在。"
    )
    assert actions.change_release(result=result, release_at=later, by=staff, at=AT).release_at == later
    assert (
        refused(actions.change_release, result=result, release_at=taipei(2016, 9, 1), by=staff, at=later)
        == "結果已公布，不能再改公布時間。"
    )


def test_reopening_takes_two_people_and_keeps_the_old_set():
    entries_with((40, 30, 20, 5))
    old, first, second = finalise(), make.make_staff(), make.make_staff()

    assert refused(actions.agree_to_reopen, result=old, by=second, at=AT) == "還沒有人提出重開。"
    assert refused(actions.ask_to_reopen, result=old, reason="", by=first, at=AT) == "重開結果須說明理由。"
    actions.ask_to_reopen(result=old, reason="補登 1 張紙本評分表", by=first, at=AT)
    assert refused(actions.ask_to_reopen, result=old, reason="r", by=second, at=AT) == (
        "已有人提出重開，等另一位承辦人同意。"
    )
    assert refused(actions.agree_to_reopen, result=old, by=first, at=AT) == (
        "提出重開的人不能自己同意，請另一位承辦人同意。"
    )

    actions.agree_to_reopen(result=old, by=second, at=AT)
    assert refused(actions.agree_to_reopen, result=old, by=second, at=AT) == "這一版結果已重開，不再有效。"
    assert (
        refused(actions.change_release, result=old, release_at=RELEASE, by=second, at=AT)
        == "這一版結果已重開，不再有效。"
    )
    new = finalise()
    assert (new.number, list(ResultSet.objects.final())) == (2, [new])
    assert ResultSet.objects.get(number=1).is_intact


@pytest.mark.parametrize(("asks", "said"), [(True, "收回重開"), (False, "不同意重開")])
def test_a_result_that_nobody_opens_after_all_holds_on(asks, said):
    entries_with((40, 30, 20, 5))
    result, first, second = finalise(), make.make_staff(), make.make_staff()
    assert refused(actions.drop_reopening, result=result, by=first, at=AT) == "還沒有人提出重開。"
    actions.ask_to_reopen(result=result, reason="補登", by=first, at=AT)

    actions.drop_reopening(result=result, by=first if asks else second, at=AT)

    assert Event.objects.get(action="result.reopen_dropped").summary == f"{said}機關組結果第 1 版：補登"
    assert list(ResultSet.objects.final()) == [result]
    assert refused(actions.agree_to_reopen, result=result, by=second, at=AT) == "還沒有人提出重開。"
    assert actions.ask_to_reopen(result=result, reason="再提", by=second, at=AT).reopen_reason == "再提"


# Commands -------------------------------------------------------------------------------------


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return json.loads(out.getvalue())


def test_ranking_prints_every_entry_of_every_group():
    entries_with((40, 30, 20, 5), (20, 20, 10, 5))
    unranked = make.make_entry(unit=make.make_unit(), receipt="A9", title="未評")
    units = list(Entry.objects.order_by("receipt").values_list("unit__unit__code", flat=True))

    assert run("ranking", "105", "--format", "json") == {
        "year": 105,
        "method": "mean",
        "groups": [
            {
                "name": "機關組",
                "entries": [
                    {
                        "receipt": "A1",
                        "title": "作品1",
                        "code": units[0],
                        "sheets": 3,
                        "score": "95.000000",
                        "rank": 1,
                        "tied": False,
                        "award": "第一名",
                    },
                    {
                        "receipt": "A2",
                        "title": "作品2",
                        "code": units[1],
                        "sheets": 3,
                        "score": "55.000000",
                        "rank": 2,
                        "tied": False,
                        "award": None,
                    },
                    {
                        "receipt": "A9",
                        "title": "未評",
                        "code": unranked.unit.unit.code,
                        "sheets": 0,
                        "score": None,
                        "rank": None,
                        "tied": False,
                        "award": None,
                    },
                ],
            },
            {"name": "本府暨學校組", "entries": []},
        ],
    }


def test_ranking_rounds_half_up_to_six_places():
    (entry,) = entries_with((40, 30, 20, 10), judges=3)
    score = Score.objects.filter(sheet__entry=entry, criterion__name="創意").first()
    score.points = Decimal("9.5")
    score.save()

    assert run("ranking", "105")["groups"][0]["entries"][0]["score"] == "99.833333"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ranking", "104"], "沒有104年度。"),
        (["ranking", "abc"], "年度「abc」不是數字。"),
        (["ranking", "105", "--method", "median"], "不認得方法「median」；可用 mean、trimmed、rank_sum。"),
        (["ranking", "105", "--format", "xml"], "不認得格式「xml」；可用 json。"),
        (["awards", "105"], "105年度還沒有定案的結果。"),
        (["awards", "105", "--format", "csv"], "不認得格式「csv」；可用 json、xlsx、ods、pdf。"),
    ],
)
def test_commands_refuse_in_one_line(arguments, message):
    make.the_competition(make.the_programme())

    with pytest.raises(CommandError) as caught:
        call_command(*arguments, stdout=StringIO())
    assert str(caught.value) == message


def test_a_year_without_a_competition_has_no_ranking():
    make.make_programme()

    with pytest.raises(CommandError, match="105年度還沒有設定競賽。"):
        call_command("ranking", "105", stdout=StringIO())


def verify():
    out = StringIO()
    call_command("verify_results", "105", stdout=out)
    return out.getvalue()


def test_results_are_verified_from_their_own_inputs():
    entries_with((40, 30, 20, 5), (30, 30, 20, 5))
    result = finalise()

    assert verify() == f"機關組結果第 1 版：由所存的評分重算相符，指紋 {result.sha256}。\n"


def test_a_result_that_does_not_follow_is_told_with_the_difference():
    entries_with((40, 30, 20, 5))
    payload = build_payload(the_standing(), at=AT)
    payload["ranking"][0]["rank"] = 2
    make.make_result(group=the_group(), payload=payload)

    with pytest.raises(CommandError) as caught:
        verify()
    assert str(caught.value) == "機關組結果第 1 版：A1的名次應為 1，所存為 2。"


def test_a_result_written_anew_is_not_the_one_decided():
    entries_with((40, 30, 20, 5))
    result = finalise()
    payload = {**result.payload, "competition": "別的競賽"}
    ResultSet.objects.all().delete()
    make.make_result(group=the_group(), payload=payload)

    with pytest.raises(CommandError) as caught:
        verify()
    assert str(caught.value) == (
        f"稽核紀錄所載的這一版不在：機關組結果第 1 版定案，105年8月15日 10:00 公布（指紋 {result.sha256}）。"
    )


def test_no_result_yet_is_nothing_wrong():
    make.make_competition()

    assert verify() == "105年度還沒有定案的結果。\n"


def test_awards_print_the_final_list():
    first, _ = entries_with((40, 30, 20, 5), (20, 20, 10, 5))
    Author.objects.create(entry=first, position=1, name="林堃峯")
    result = finalise()

    printed = run("awards", "105", "--format", "json")

    assert [group["name"] for group in printed["groups"]] == ["機關組"]
    group = printed["groups"][0]
    assert (group["sha256"], group["release_at"]) == (result.sha256, RELEASE.isoformat())
    assert group["awards"][0] == {
        "award": "第一名",
        "rank": 1,
        "receipt": "A1",
        "title": "作品1",
        "topic": "為民服務",
        "code": first.unit.unit.code,
        "unit": first.unit.name,
        "authors": ["林堃峯"],
        "score": "95.000000",
        "mean": "95.000000",
        "sheets": 3,
        "tied": False,
        "settled": "",
    }
    assert group["awards"][1] == {"award": "第二名", "rank": 2, "vacant": "作品平均未達得獎最低平均。"}


@pytest.mark.parametrize(
    ("fmt", "start"), [("xlsx", b"PK"), ("ods", b"PK"), ("pdf", b"%PDF"), ("json", b"{")]
)
def test_awards_write_a_file(tmp_path, fmt, start):
    (entry,) = entries_with((40, 30, 20, 5))
    Author.objects.create(entry=entry, position=1, name="范例")
    finalise()
    target = tmp_path / f"awards.{fmt}"

    call_command("awards", "105", "--format", fmt, "--output", str(target))

    assert target.read_bytes().startswith(start)


def test_awards_that_cannot_be_written_say_so(tmp_path):
    entries_with((40, 30, 20, 5))
    finalise()

    with pytest.raises(CommandError, match="無法寫入"):
        call_command("awards", "105", "--output", str(tmp_path / "none" / "awards.json"))


# The command against the recomputation, over random sheets --------------------------------------

MARKS = st.tuples(*(st.sampled_from([Decimal(full) / 2, Decimal(full) - Decimal("0.5")]) for full in FULL))
SHEETS = st.lists(
    st.lists(st.one_of(MARKS, MARKS, st.none()), min_size=6, max_size=6), min_size=1, max_size=5
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=SHEETS, minimum=st.integers(1, 3))
def test_the_ranking_command_equals_the_recomputation(db, rows, minimum):
    ScoreSheet.objects.all().delete()
    Entry.objects.all().delete()
    competition = make.the_competition(make.the_programme())
    type(competition).objects.update(minimum_sheets=minimum)
    unit = competition.programme.units.first() or make.make_unit()
    panel = [judge.user for judge in competition.groups.get(key="agency").judges.all()]
    panel += [make.make_judge() for _ in range(6 - len(panel))]
    table = {f"R{number}": row for number, row in enumerate(rows)}
    for receipt, row in table.items():
        entry = make.make_entry(unit=unit, receipt=receipt)
        for judge, marks in zip(panel, row, strict=True):
            if marks is not None:
                make.make_sheet(entry=entry, judge=judge, marks=marks)
    exact = {
        receipt: [marks and tuple(map(Fraction, marks)) for marks in row] for receipt, row in table.items()
    }

    for method in ("mean", "trimmed", "rank_sum"):
        printed = run("ranking", "105", "--method", method)["groups"][0]["entries"]
        expected = recomputed(exact, method=method, minimum_sheets=minimum, panel_size=6)

        found = {each["receipt"]: (each["rank"], each["tied"]) for each in printed if each["rank"]}
        assert found == {receipt: (rank, tied) for receipt, (_, rank, tied) in expected.items()}
        for each in printed:
            if each["rank"]:
                assert abs(Fraction(each["score"]) - expected[each["receipt"]][0]) <= Fraction(1, 2_000_000)
