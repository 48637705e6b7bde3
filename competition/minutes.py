"""會議紀錄 of a judges' meeting: what was noted, and what the stored sheets, ties and results say."""

from decimal import Decimal
from itertools import groupby

from django.template.defaultfilters import floatformat

from foundation.documents import Paragraph, write_odt
from foundation.numbers import half_up
from foundation.pdf import render_pdf
from foundation.rocdate import format_datetime

from .models import ExtraReview
from .results import award_rows

NUMBERS = "一二三四五六七八九十"
ROOM_TO_SIGN, BLANK = 2, "　" * 10  # empty lines above, and space beside, where chair and recorder sign


def chinese_number(number):
    """1 to 99 as agenda items are numbered: 一, 十二, 二十."""
    tens, ones = divmod(number, 10)
    written = "" if not tens else ("十" if tens == 1 else f"{NUMBERS[tens - 1]}十")
    return written + (NUMBERS[ones - 1] if ones else "")


def items_of(meeting, standing):
    """The agenda: disputes looked at again, ties that the chair settled, and what else was noted."""
    found = [*_reviews(standing), *_ties(standing)]
    found += [(item.subject, item.discussion, item.decision) for item in meeting.items.all()]
    return [(chinese_number(n), *item) for n, item in enumerate(found, start=1)]


def _reviews(standing):
    reviews = ExtraReview.objects.filter(entry__in=standing.entries).select_related("entry", "judge__user")
    for review in reviews.order_by("assigned_at", "pk"):
        work = f"{review.entry.work_code}「{review.entry.title}」"
        yield (f"作品{work}評審看法分歧，提請討論。", review.reason, f"請{review.judge}加評，計入評分。")


def _ties(standing):
    """The settlements that decide the ranking as it stands."""
    ranks = {ranked.entry: ranked.rank for ranked in standing.ranking if ranked.settled}
    for places, settlement in standing.settlements.values():
        if not places.keys() <= ranks.keys():
            continue
        order = sorted(places, key=ranks.get)
        works = "、".join(f"{standing.entries[pk].work_code}「{standing.entries[pk].title}」" for pk in order)
        decided = "、".join(f"{standing.entries[pk].work_code}為第 {ranks[pk]} 名" for pk in order)
        yield (
            f"作品{works}依規則比較後仍同分（第 {ranks[order[0]]} 名起），提請裁定。",
            settlement.reason,
            f"主席裁定{decided}。",
        )


def award_lines(standing, final):
    """(award, what it says), places vacant for the same reason together: of the final result, else of the sheets."""
    for (award, text), run in groupby(_award_lines(standing, final)):
        count = len(list(run))
        yield f"{award} {count} 名" if count > 1 else award, text


def _award_lines(standing, final):
    if final is not None:
        for row in award_rows(final):
            yield row["award"], _stored(row)
        return
    for place in standing.places:
        if place.open_tie:
            equal = [standing.entries[each.entry] for each in standing.ranking if each.rank == place.rank]
            yield place.award, f"{'、'.join(entry.work_code for entry in equal)} 同分，待裁定"
        elif not place.winners:
            yield place.award, f"從缺：{place.vacant}"
        for ranked in place.winners:
            entry = standing.entries[ranked.entry]
            yield place.award, f"{entry.work_code}「{entry.title}」，{half_up(ranked.figure, 2)}"


def _stored(row):
    if row["entry"] is None:
        return f"從缺：{row['vacant']}"
    shared = "（並列）" if row["standing"]["tied"] else ""
    score = half_up(Decimal(row["standing"]["score"]), 2)
    return f"{row['entry']['work_code']}「{row['entry']['title']}」，{score}{shared}"


def attendance(meeting, standing):
    """(those who came, those of the panel who did not). Who was called for one work need not come."""
    came = set(meeting.present.values_list("pk", flat=True))
    present = [judge for judge in standing.judges if judge.pk in came]
    return present, [judge for judge in standing.panel if judge.pk not in came and not judge.resigned_at]


def print_minutes(meeting, standing, final):
    return render_pdf("competition/minutes_pdf.html", _contents(meeting, standing, final))


def write_minutes(meeting, standing, final):
    """The same as .odt, to go on editing before it is signed."""
    contents = _contents(meeting, standing, final)
    return write_odt(title=f"{standing.group}評審會議紀錄", paragraphs=list(_paragraphs(**contents)))


def _contents(meeting, standing, final):
    present, absent = attendance(meeting, standing)
    return {
        "meeting": meeting,
        "group": standing.group,
        "competition": standing.competition,
        "present": present,
        "absent": absent,
        "items": items_of(meeting, standing),
        "awards": list(award_lines(standing, final)),
        "final": final,
        "works": len(standing.entries),
        "sheets": standing.sheets,
    }


def _paragraphs(*, meeting, group, competition, present, absent, items, awards, final, works, sheets):
    title = f"嘉義縣政府{competition.full_title}\n{group}評審會議紀錄"
    yield Paragraph(title, is_title=True)
    yield Paragraph(f"中華民國{format_datetime(meeting.held_at)}", label="時間：")
    yield Paragraph(meeting.place, label="地點：")
    yield Paragraph(meeting.chair, label="主席：")
    yield Paragraph(meeting.recorder, label="紀錄：")
    yield Paragraph("、".join(map(str, present)) or "無", label="出席：")
    if absent:
        yield Paragraph("、".join(map(str, absent)), label="請假：")
    if meeting.others:
        yield Paragraph(meeting.others, label="列席：")
    yield Paragraph("報告事項", label="壹、")
    yield Paragraph(
        f"{group}參賽作品 {works} 件，計入評分表 {sheets} 張；排名採{competition.get_method_display()}，"
        f"每件至少 {competition.minimum_sheets} 張評分表，得獎最低平均 {floatformat(competition.minimum_mean, -2)} 分。",
        level=1,
    )
    yield Paragraph("討論事項", label="貳、")
    if not items:
        yield Paragraph("無。", level=1)
    for number, subject, discussion, decision in items:
        yield Paragraph(f"案由{number}：{subject}", level=1)
        if discussion:
            yield Paragraph(f"說明：{discussion}", level=1)
        yield Paragraph(f"決議：{decision}", level=1)
    yield Paragraph("評審結果" if final else "評審結果（尚未定案）", label="參、")
    for award, text in awards:
        yield Paragraph(f"{award}：{text}", level=1)
    yield Paragraph("散會", label="肆、")
    yield from (Paragraph(""),) * ROOM_TO_SIGN
    yield Paragraph(f"主席：{BLANK}紀錄：{BLANK}")
