"""After the result: the ceremony's settings, the certificates, and the winners told."""

from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from agencies.models import User
from agencies.notices import office, tell_and_mail, tell_many
from competition.certificates import CERTIFICATE, KIND, stated, wanted
from competition.models import AwardCertificate, Ceremony, Entry, ResultSet
from competition.papers import winners
from competition.results import final_results
from foundation import certificates
from foundation.errors import Refused
from foundation.rocdate import format_datetime, taipei_date

from .locks import locked_competition
from .recording import record


class AwardingRefused(Refused):
    """The awards cannot be prepared so."""


@transaction.atomic
def change_ceremony(*, competition, values, by, at):
    """Set what the papers say; how many certificates a work gets stands once they are issued."""
    competition = locked_competition(competition)
    ceremony = Ceremony.of(competition)
    changed = {name: value for name, value in values.items() if getattr(ceremony, name) != value}
    if not changed:
        return ceremony
    issued = AwardCertificate.objects.filter(result__in=final_results(competition))
    if "certificates_per" in changed and issued.exists():
        raise AwardingRefused("獎狀已核發，不能再改為每位作者或每件作品一張；結果重開後才能改。")
    before = {name: str(getattr(ceremony, name)) for name in changed}
    for name, value in changed.items():
        setattr(ceremony, name, value)
    ceremony.save()
    titles = "、".join(str(Ceremony._meta.get_field(name).verbose_name) for name in changed)
    record(competition, "ceremony.changed", ceremony, f"變更頒獎設定：{titles}", by=by, at=at, before=before)
    return ceremony


def issuing_refusal(competition):
    """Why no certificate can be issued now; empty when they can."""
    if not final_results(competition).exists():
        return "還沒有定案的結果，不能核發獎狀。"
    if not Ceremony.of(competition).magistrate:
        return "獎狀上要有縣長姓名，請先在頒獎設定填寫。"
    return ""


@transaction.atomic
def issue_certificates(*, competition, by, at):
    """One for each author or work that won one, where there is none yet. Returns all of the final results'.

    Where all are issued nothing is written, so that they can be printed again in a frozen year.
    """
    if refusal := issuing_refusal(competition):
        raise AwardingRefused(refusal)
    if _missing(competition):
        competition = locked_competition(competition)
        ceremony = Ceremony.of(competition)
        last, missing = _last_serial(competition.programme.year), _missing(competition)
        for serial, one in enumerate(missing, start=last + 1):
            _issue(*one, serial, ceremony, by=by, at=at)
        summary = f"核發獎狀 {len(missing)} 張，字號到 {last + len(missing)}"
        record(competition, "certificates.issued", competition, summary, by=by, at=at)
    issued = AwardCertificate.objects.filter(result__in=final_results(competition))
    return issued.select_related("certificate", "result").order_by("serial")


def _missing(competition):
    """(winner, position, holder, job title) of the certificates that are still to be issued."""
    ceremony, results = Ceremony.of(competition), list(final_results(competition))
    issued = AwardCertificate.objects.filter(result__in=results)
    known = set(issued.values_list("result", "receipt", "position"))
    return [
        (winner, *one)
        for winner in winners(results)
        for one in wanted(winner, ceremony)
        if (winner.result.pk, winner.entry["receipt"], one[0]) not in known
    ]


def _last_serial(year):
    first = year * 10_000
    of_year = AwardCertificate.objects.filter(serial__gt=first, serial__lt=first + 10_000)
    return of_year.aggregate(last=Max("serial"))["last"] or first


def _issue(winner, position, holder, title, serial, ceremony, *, by, at):
    certificate = certificates.issue(
        kind=KIND,
        key=f"award-{winner.result.pk}-{winner.entry['receipt']}-{position}",
        title=CERTIFICATE,
        holder=holder,
        facts=stated(winner, title, serial, ceremony, at=at),
        by=by,
        at=at,
        public_from=winner.result.release_at,
    )
    AwardCertificate.objects.create(
        result=winner.result,
        receipt=winner.entry["receipt"],
        position=position,
        serial=serial,
        certificate=certificate,
    )


def revoke_certificates(result, *, reason, by, at):
    """The result no longer holds, and so do its certificates; within the reopening's transaction."""
    for award in result.certificates.select_related("certificate"):
        if award.certificate.is_valid:
            certificates.revoke(certificate=award.certificate, reason=reason, by=by, at=at)


def move_release(result, release_at):
    """A certificate can be looked up from the moment the result is out."""
    for award in result.certificates.select_related("certificate"):
        award.certificate.public_from = release_at
        award.certificate.save(update_fields=["public_from"])


@transaction.atomic
def tell_winners(*, result, at):
    """The contacts of the winning units, once, when the result is out; nobody before."""
    competition = result.group.competition
    result = ResultSet.objects.select_for_update(of=("self",)).select_related("group").get(pk=result.pk)
    if result.told_at or result.superseded_at or not result.is_released(at):
        return 0
    told, silent, invitation = 0, [], _invitation(Ceremony.of(competition), at)
    for winner, entry in _winning(result):
        users = _contacts(entry, at)
        for user in users:
            _tell(user, winner, entry, competition, invitation, at=at)
        told += len(users)
        silent += [] if users else [entry.unit.name]
    if silent:
        tell_many(
            users=office(),
            text=f"{result}已公布；得獎機關沒有聯絡人，請另行通知：{'、'.join(dict.fromkeys(silent))}。",
            url=f"{reverse('competition:result_detail', args=[result.group_id])}?year={competition.programme.year}",
            at=at,
        )
    result.told_at = at
    result.save(update_fields=["told_at"])
    record(
        competition, "winners.told", result, f"{result}公布，通知得獎機關聯絡人 {told} 人次", by=None, at=at
    )
    return told


def tell_reopened(result, *, at):
    """Whoever heard of an award hears that it does not stand; within the reopening's transaction."""
    if result.told_at is None:
        return
    competition = result.group.competition
    for winner, entry in _winning(result):
        text = (
            f"{competition.title}{winner.group}的結果重開（{result.reopen_reason}），{entry.unit}的作品"
            f"「{winner.entry['title']}」先前公布的{winner.award}暫不生效，已核發的獎狀註銷；重新定案公布後另行通知。"
        )
        for user in _contacts(entry, at):
            tell_and_mail(
                user=user,
                key=f"award-reopened-{result.pk}-{entry.receipt}-{user.pk}",
                subject=f"得獎名單重開：{winner.group}",
                text=text,
                url=_list_url(competition),
                at=at,
            )


def _winning(result):
    """(winner, work) of each winning work, by receipt."""
    works = {winner.entry["receipt"]: winner for winner in winners([result])}
    entries = Entry.objects.filter(competition=result.group.competition, receipt__in=works)
    for entry in entries.select_related("unit__unit").order_by("receipt"):
        yield works[entry.receipt], entry


def _contacts(entry, at):
    """Who stands for the unit that day."""
    contacts = entry.unit.unit.contacts.in_force(taipei_date(at)).values("user")
    return list(User.objects.filter(pk__in=contacts, is_active=True).order_by("pk"))


def _invitation(ceremony, at):
    """When and where the awards are given, where that is set and still to come."""
    if ceremony.held_at is None or ceremony.held_at <= at:
        return ""
    return f"頒獎：{'，'.join(filter(None, [format_datetime(ceremony.held_at), ceremony.place]))}。"


def _tell(user, winner, entry, competition, invitation, *, at):
    shared = "（並列）" if winner.tied else ""
    won = f"榮獲{competition.title}{winner.group}{winner.award}{shared}。"
    tell_and_mail(
        user=user,
        key=f"award-{winner.result.pk}-{entry.receipt}-{user.pk}",
        subject=f"得獎通知：{winner.group}{winner.award}",
        text=f"{entry.unit}的作品「{winner.entry['title']}」{won}{invitation}",
        url=_list_url(competition),
        at=at,
    )


def _list_url(competition):
    return f"{reverse('competition:result_list')}?year={competition.programme.year}"
