"""Writes of 經驗傳承 and the forum: enter, revise, review, appeal."""

from collections import defaultdict

from django.db import transaction
from django.urls import reverse
from django.utils.text import Truncator

from agencies.models import Contact
from agencies.notices import tell_and_mail
from foundation import events, files
from foundation.errors import Refused
from foundation.rocdate import format_datetime, taipei_date

from .models import Appeal, Attachment, ForumTopic, Record, RecordVersion, Review, Update

LONGEST_NOTICE = 300


class EntryRefused(Refused):
    """A record or a topic cannot be stored like this."""


class ReviewRefused(Refused):
    """A review or an appeal does not fit the state of the thing."""


# Records -------------------------------------------------------------------------------------------


@transaction.atomic
def publish(*, unit, position, business, texts, uploads=(), by, at):
    """Publish a record: version 1 and the update it makes.

    `texts` holds the fields of a version, `uploads` binary files with a `name`.
    """
    unit.programme.require_open()
    record = Record.objects.create(
        unit=unit, position=position, business=business, created_by=by, created_at=at
    )
    version = _save_version(record, 1, texts, _stored(uploads, by, at), is_substantive=True, by=by, at=at)
    _count_today(record, version, by=by, at=at)
    events.record(
        action="record.published",
        by=by,
        target=record,
        scope=unit.programme.year,
        at=at,
        summary=f"{unit} 發布經驗紀錄「{version.title}」",
        unit=unit.code,
    )
    return record


@transaction.atomic
def revise(*, record, based_on, texts, kept=(), uploads=(), is_substantive, by, at):
    """Save a new version on top of version number `based_on`, with the files kept and those added.

    Returns it and the update it makes: none when the change is minor, or when today's is already there.
    """
    record.unit.programme.require_open()
    record = (
        Record.objects.select_for_update().select_related("unit__programme", "unit__unit").get(pk=record.pk)
    )
    latest = record.latest()
    if latest.number != based_on:
        raise EntryRefused(
            f"{latest.saved_by} 已在 {format_datetime(latest.saved_at)} 存了第 {latest.number} 版。"
            "請先看過那一版，再把您的修改併入。"
        )
    if not uploads and _is_same(latest, texts, kept):
        raise EntryRefused("內容與上一版相同，沒有另存新版。")
    attachments = [*kept, *_stored(uploads, by, at)]
    version = _save_version(
        record, latest.number + 1, texts, attachments, is_substantive=is_substantive, by=by, at=at
    )
    update = _count_today(record, version, by=by, at=at) if is_substantive else None
    events.record(
        action="record.revised",
        by=by,
        target=record,
        scope=record.unit.programme.year,
        at=at,
        summary=f"{record.unit} 修訂經驗紀錄「{version.title}」為第 {version.number} 版"
        f"（{'實質更新' if is_substantive else '文字修正'}）",
        unit=record.unit.code,
        version=version.number,
    )
    return version, update


def _stored(uploads, by, at):
    return [files.store(upload, name=upload.name, by=by, at=at) for upload in uploads]


def _is_same(version, texts, kept):
    before = {attachment.file_id for attachment in version.attachments.all()}
    return before == {file.pk for file in kept} and all(
        getattr(version, name) == texts[name] for name in RecordVersion.TEXTS
    )


def _save_version(record, number, texts, attachments, *, is_substantive, by, at):
    version = RecordVersion.objects.create(
        record=record,
        number=number,
        is_substantive=is_substantive,
        saved_by=by,
        saved_at=at,
        **{name: texts[name] for name in RecordVersion.TEXTS},
    )
    Attachment.objects.bulk_create([Attachment(version=version, file=file) for file in attachments])
    return version


def _count_today(record, version, *, by, at):
    """The update of this record today, or None when there already is one (one per record and day)."""
    update, is_new = Update.objects.get_or_create(
        record=record,
        updated_on=taipei_date(at),
        defaults={
            "programme": record.unit.programme,
            "unit": record.unit,
            "title": version.title,
            "created_by": by,
            "created_at": at,
        },
    )
    return update if is_new else None


# Forum topics --------------------------------------------------------------------------------------


@transaction.atomic
def register_topic(*, unit, title, url, posted_on, replies, by, at):
    unit.programme.require_open()
    _require_past(posted_on, at)
    _require_new_address(unit.programme, url)
    topic = ForumTopic.objects.create(
        programme=unit.programme,
        unit=unit,
        title=title,
        url=url,
        posted_on=posted_on,
        replies=replies,
        created_by=by,
        created_at=at,
    )
    events.record(
        action="topic.registered",
        by=by,
        target=topic,
        scope=unit.programme.year,
        at=at,
        summary=f"{unit} 登錄論壇主題「{title}」，回覆 {replies} 篇",
        unit=unit.code,
    )
    return topic


@transaction.atomic
def change_topic(*, topic, title, url, posted_on, replies, by, at):
    """Correct a topic or raise its replies. What the office had accepted is looked at again."""
    topic.programme.require_open()
    topic = _locked(ForumTopic).get(pk=topic.pk)
    wanted = {"title": title, "url": url, "posted_on": posted_on, "replies": replies}
    before = {name: getattr(topic, name) for name in wanted}
    changed = {name: value for name, value in wanted.items() if value != before[name]}
    if not changed:
        raise EntryRefused("內容沒有變更。")
    _require_past(posted_on, at)
    if "url" in changed:
        _require_new_address(topic.programme, url)
    if topic.review == Review.ACCEPTED and not by.is_staff:
        changed |= {"review": Review.PENDING, "review_reason": "", "reviewed_by": None, "reviewed_at": None}
    for name, value in changed.items():
        setattr(topic, name, value)
    topic.save(update_fields=list(changed))
    events.record(
        action="topic.changed",
        by=by,
        target=topic,
        scope=topic.programme.year,
        at=at,
        summary=f"{topic.unit} 修改論壇主題「{topic.title}」"
        + (f"，回覆 {before['replies']} → {replies} 篇" if "replies" in changed else ""),
        unit=topic.unit.code,
        before={name: str(before[name]) for name in wanted if name in changed},
        after={name: str(wanted[name]) for name in wanted if name in changed},
    )
    return topic


def _require_past(posted_on, at):
    if posted_on > taipei_date(at):
        raise EntryRefused("發表日期不能晚於今天。")


def _require_new_address(programme, url):
    same = ForumTopic.objects.of(programme).filter(url=url).select_related("unit").first()
    if same:
        raise EntryRefused(f"這個網址已由{same.unit}登錄為「{same.title}」；同一主題只計一次。")


# Review and appeal ---------------------------------------------------------------------------------


def review(*, item, decision, reason="", by, at):
    """Accept or reject one update or topic."""
    review_many(items=[item], decision=decision, reason=reason, by=by, at=at)


@transaction.atomic
def review_many(*, items, decision, reason="", by, at):
    """Accept or reject updates or topics of one kind and one year; all or none.

    The units' contacts are told of what is rejected, and of what is accepted after all.
    """
    programme = items[0].programme
    programme.require_open()
    if decision == Review.REJECTED and not reason:
        raise ReviewRefused("不通過須說明理由。")
    model = type(items[0])
    items = list(_locked(model).filter(pk__in=[item.pk for item in items]).order_by("pk"))
    for item in items:
        if item.review == decision:
            raise ReviewRefused(f"「{item}」的審查結果已經是「{item.get_review_display()}」。")
    news = [item for item in items if decision == Review.REJECTED or item.is_rejected]
    for item in items:
        item.review, item.review_reason = decision, reason
        item.reviewed_by, item.reviewed_at = by, at
    model.objects.bulk_update(
        items, ["review", "review_reason", "reviewed_by", "reviewed_at"], batch_size=500
    )
    label = Review(decision).label
    events.record_many(
        {
            "action": f"{model._meta.model_name}.{decision}",
            "by": by,
            "target": item,
            "scope": programme.year,
            "at": at,
            "summary": f"{item.unit} 的{model._meta.verbose_name}「{item}」審查為「{label}」",
            "data": {"unit": item.unit.code, "reason": reason},
        }
        for item in items
    )
    _tell_contacts(news, lambda item: _news(item, label, reason), at=at)


def _news(item, label, reason):
    because = f"，理由：{reason}" if reason else ""
    return f"{item.unit}的{item._meta.verbose_name}「{Truncator(item.title).chars(60)}」審查結果：{label}{because}"


@transaction.atomic
def appeal(*, item, text, by, at):
    """Ask the office to look again at a rejected update or topic."""
    item.programme.require_open()
    item = _locked(type(item)).get(pk=item.pk)
    if not item.is_rejected:
        raise ReviewRefused("只有未通過審查的項目需要申復。")
    if item.appeals.waiting().exists():
        raise ReviewRefused("這一項已在申復中，請等候人事處答復。")
    about = {"update": item} if isinstance(item, Update) else {"topic": item}
    new = Appeal.objects.create(
        **about, text=text, rejected_because=item.review_reason, created_by=by, created_at=at
    )
    events.record(
        action="appeal.made",
        by=by,
        target=new,
        scope=item.programme.year,
        at=at,
        summary=f"{item.unit} 就「{item}」提出申復",
        unit=item.unit.code,
    )
    return new


@transaction.atomic
def answer_appeal(*, appeal, is_granted, answer, by, at):
    """Grant an appeal (the thing is accepted) or stay with the rejection; the answer is kept either way."""
    if not answer:
        raise ReviewRefused("請寫明答復內容。")
    item = appeal.item
    item.programme.require_open()
    item = _locked(type(item)).get(pk=item.pk)
    appeal = Appeal.objects.select_for_update().get(pk=appeal.pk)
    if appeal.answered_at:
        raise ReviewRefused("這一件申復已經答復。")
    appeal.is_granted, appeal.answer = is_granted, answer
    appeal.answered_by, appeal.answered_at = by, at
    appeal.save(update_fields=["is_granted", "answer", "answered_by", "answered_at"])
    events.record(
        action="appeal.answered",
        by=by,
        target=appeal,
        scope=item.programme.year,
        at=at,
        summary=f"答復{item.unit} 就「{item}」的申復：{'改予採計' if is_granted else '維持原審查'}",
        unit=item.unit.code,
        granted=is_granted,
    )
    if is_granted and item.is_rejected:
        review(
            item=item,
            decision=Review.ACCEPTED,
            reason=Truncator(f"申復有理由：{answer}").chars(300),
            by=by,
            at=at,
        )
    else:
        result = "已改予採計" if is_granted else "維持原審查結果"
        _tell_contacts(
            [item],
            lambda item: f"{item.unit}就「{Truncator(item.title).chars(60)}」的申復：{result}。{answer}",
            at=at,
        )
    return appeal


def _locked(model):
    return model.objects.select_for_update(of=("self",)).select_related("programme", "unit__unit")


def _tell_contacts(items, text, *, at):
    """A notice and a letter about each item to everyone who stands for its unit today."""
    if not items:
        return
    people = defaultdict(dict)
    lasting = {item.unit.unit_id for item in items}
    contacts = Contact.objects.in_force(taipei_date(at)).filter(unit__in=lasting, user__is_active=True)
    for contact in contacts.select_related("user"):
        people[contact.unit_id][contact.user_id] = contact.user
    for item in items:
        line = Truncator(text(item)).chars(LONGEST_NOTICE)
        for user in people[item.unit.unit_id].values():
            tell_and_mail(
                user=user,
                key=f"{item._meta.model_name}-{item.pk}-reviewed-{user.pk}-{at.isoformat()}",
                subject=f"{item._meta.verbose_name}審查結果",
                text=line,
                url=item_url(item),
                at=at,
            )


def item_url(item):
    """The page of an update or a topic, in its own year."""
    name = "update_detail" if isinstance(item, Update) else "topic_detail"
    return reverse(f"platform_updates:{name}", args=[item.pk])
