"""Units that have handed in nothing yet are reminded."""

from django.db import transaction

from agencies.notices import tell_and_mail
from competition.deadlines import missing_units, own_due_at
from competition.models import UnitReminder
from competition.receipts import contacts_of
from foundation import events
from foundation.rocdate import deadline_text, taipei_date

from .entries import EntryRefused
from .locks import locked_competition


@transaction.atomic
def remind_missing(*, competition, units, by, at):
    """Remind the contacts of these units by notice and letter, each unit at most once a day. Returns those reminded."""
    competition = locked_competition(competition)
    today = taipei_date(at)
    chosen = missing_units(competition).filter(pk__in=[unit.pk for unit in units])
    if not chosen:
        raise EntryRefused("所選機關都已送件，或沒有選取機關。")
    told = UnitReminder.objects.filter(competition=competition, sent_on=today).values("unit")
    due = [(unit, contacts_of(unit, at)) for unit in chosen.exclude(pk__in=told).select_related("unit")]
    if not due:
        raise EntryRefused("所選機關今天都已提醒過，明天才能再提醒。")
    reachable = [(unit, users) for unit, users in due if users]
    if not reachable:
        raise EntryRefused(f"{'、'.join(unit.name for unit, _ in due)}沒有聯絡人，無法提醒；請先指定聯絡人。")
    for unit, users in reachable:
        _remind(competition, unit, users, today, by=by, at=at)
    return [unit for unit, _ in reachable]


def _remind(competition, unit, users, today, *, by, at):
    reminder = UnitReminder.objects.create(competition=competition, unit=unit, sent_on=today, sent_by=by)
    last_day, due_at = own_due_at(competition, unit)
    rule = (
        f"{deadline_text(last_day)}。"
        if at < due_at
        else f"已於{deadline_text(last_day)}，要延期請洽承辦人。"
    )
    for user in users:
        tell_and_mail(
            user=user,
            key=f"entry-reminder-{competition.pk}-{unit.pk}-{today}-{user.pk}",
            subject=f"{competition.title}：還沒有收到作品",
            text=f"{unit.name}還沒有完成送件的作品，{rule}草稿不算送件，取得收件編號才算。",
            url=f"/competition/?year={competition.programme.year}",
            at=at,
        )
    events.record(
        action="entry.reminded",
        by=by,
        target=reminder,
        at=at,
        scope=competition.programme.year,
        summary=f"提醒{unit.name}送件",
    )
