"""What touches a year in every app: opening it, and what a change of its rules would do."""

from django.db import transaction

import agencies.opening
import competition.opening
import workshops.opening
from agencies.models import Programme, ProgrammeUnit
from agencies.opening import ProgrammeRefused
from foundation import events
from platform_updates.models import ForumTopic, Review, Update


@transaction.atomic
def open_programme(*, year, by, at, like=None):
    """A new draft year in all apps; `like` is the year to copy, None takes the document's defaults."""
    source = None
    if like is not None:
        source = Programme.objects.filter(year=like).first()
        if source is None:
            raise ProgrammeRefused(f"沒有{like}年度，不能比照開辦。")
    programme = agencies.opening.open_year(year=year, like=source)
    workshops.opening.open_year(programme, like=source)
    competition.opening.open_year(programme, like=source)
    copied = f"，比照{source}" if source else "，依計畫預設"
    events.record(
        action="programme.opened",
        by=by,
        target=programme,
        scope=programme.year,
        at=at,
        summary=f"開辦{programme}{copied}",
        like=like,
    )
    return programme


def consequences(programme, values):
    """Sentences on what changing these fields of the year would do to facts already there."""
    sentences = []
    starts_on, ends_on = values["starts_on"], values["ends_on"]
    replies = values["reply_target"]
    updates = Update.objects.of(programme).filter(review=Review.ACCEPTED)
    sentences += _shift(
        "筆經驗傳承更新",
        {row.pk for row in updates.counted().only("pk")},
        set(updates.filter(updated_on__gte=starts_on, updated_on__lte=ends_on).values_list("pk", flat=True)),
    )
    topics = ForumTopic.objects.of(programme)
    sentences += _shift(
        "個論壇主題",
        {row.pk for row in topics.counted().only("pk")},
        set(
            topics.exclude(review=Review.REJECTED)
            .filter(posted_on__gte=starts_on, posted_on__lte=ends_on, replies__gte=replies)
            .values_list("pk", flat=True)
        ),
    )
    day = values["reference_date"] or starts_on
    if day != programme.headcount_date:
        sentences += _headcounts_on(programme, day)
    return sentences


def _shift(what, now, then):
    sentences = []
    if now - then:
        sentences.append(f"{len(now - then)} {what}將不再計入。")
    if then - now:
        sentences.append(f"{len(then - now)} {what}將改為計入。")
    return sentences


def _headcounts_on(programme, day):
    """How a new reference date changes the headcounts in force."""
    now = dict(
        ProgrammeUnit.objects.filter(programme=programme, on_board=True)
        .with_headcount()
        .values_list("pk", "headcount")
    )
    then = dict.fromkeys(now)
    dated = programme.units.filter(on_board=True, headcounts__effective_on__lte=day)
    for pk, count in dated.order_by("headcounts__effective_on").values_list("pk", "headcounts__count"):
        then[pk] = count
    lost = sum(1 for pk in now if now[pk] is not None and then[pk] is None)
    changed = sum(1 for pk in now if None not in (now[pk], then[pk]) and now[pk] != then[pk])
    gained = sum(1 for pk in now if now[pk] is None and then[pk] is not None)
    sentences = []
    if lost:
        sentences.append(f"{lost} 個機關在新的基準日沒有單位人數，「經驗傳承更新」將不適用。")
    if changed:
        sentences.append(f"{changed} 個機關將改用另一個日期的單位人數。")
    if gained:
        sentences.append(f"{gained} 個機關將有單位人數。")
    return sentences
