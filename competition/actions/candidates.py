"""From a candidate to a judge: proposed (遴薦), decided on (遴選), appointed by a letter (聘函), seated."""

from django.db import transaction
from django.urls import reverse

from agencies.actions.accounts import invite
from agencies.models import User
from agencies.notices import tell_and_mail
from competition.models import Candidate
from foundation.errors import Refused
from foundation.rocdate import deadline_text, format_date

from .locks import locked_competition
from .panel import appoint
from .recording import record


class CandidateRefused(Refused):
    """The candidate cannot be proposed, decided on or appointed so."""


@transaction.atomic
def propose(*, competition, name, affiliation, by, at, title="", expertise="", email="", unit=None):
    """Put somebody on the list of candidates; `unit` is the county unit they serve in, if any."""
    competition = locked_competition(competition)
    if competition.candidates.filter(name=name, affiliation=affiliation).exists():
        raise CandidateRefused(f"{affiliation}的{name}已在本年度的人選名單。")
    candidate = Candidate.objects.create(
        competition=competition,
        name=name,
        title=title,
        affiliation=affiliation,
        expertise=expertise,
        email=email,
        unit=unit,
        proposed_by=by,
        proposed_at=at,
    )
    record(
        candidate.competition,
        "candidate.proposed",
        candidate,
        f"推薦{affiliation}的{name}為評審人選",
        by=by,
        at=at,
    )
    return candidate


@transaction.atomic
def decide(*, candidate, is_approved, basis, by, at):
    """Note what the head of the office decided on paper: `basis` names the decision (簽准文號、核定人).

    Until the letter is out, another decision takes the place of the first: somebody steps in, or it was a slip.
    """
    candidate = _locked(candidate)
    if candidate.letter_number:
        raise CandidateRefused(f"{candidate}的聘函已編號，不能再更改遴選結果。")
    if not basis:
        raise CandidateRefused("遴選須寫明依據，例：簽准文號與核定人。")
    before = "" if candidate.state == Candidate.State.PROPOSED else f"由{candidate.get_state_display()}改為"
    candidate.state = Candidate.State.APPROVED if is_approved else Candidate.State.REJECTED
    candidate.basis, candidate.decided_by, candidate.decided_at = basis, by, at
    candidate.save(update_fields=["state", "basis", "decided_by", "decided_at"])
    summary = f"評審人選{candidate}{before}{candidate.get_state_display()}：{basis}"
    record(candidate.competition, "candidate.decided", candidate, summary, by=by, at=at)
    return candidate


@transaction.atomic
def issue_letter(*, candidate, number, on, by, at):
    """The letter of appointment gets its number and date; another one corrects them."""
    candidate = _locked(candidate)
    if candidate.state != Candidate.State.APPROVED:
        raise CandidateRefused("核定之後才能發聘函。")
    others = candidate.competition.candidates.exclude(pk=candidate.pk)
    if other := others.filter(letter_number=number).first():
        raise CandidateRefused(f"聘函字號「{number}」已用於{other}。")
    candidate.letter_number, candidate.letter_on = number, on
    candidate.save(update_fields=["letter_number", "letter_on"])
    summary = f"{candidate}的聘函：{number}，{format_date(on)}"
    record(candidate.competition, "candidate.letter_issued", candidate, summary, by=by, at=at)
    return candidate


@transaction.atomic
def seat(*, candidate, groups, username, by, at):
    """Put an appointed candidate on the panels, with the account of that name or a new one, and tell them."""
    candidate = _locked(candidate)
    if not candidate.letter_number:
        raise CandidateRefused("發聘函之後才能加入評審名單。")
    if not groups:
        raise CandidateRefused("請選擇組別。")
    user = candidate.user or User.objects.filter(username__iexact=username).first()
    if user is None:
        user = invite(username=username, name=candidate.name, email=candidate.email, by=by, at=at)
    judges = [appoint(group=group, user=user, unit=candidate.unit, by=by, at=at) for group in groups]
    if candidate.user is None:
        candidate.user = user
        candidate.save(update_fields=["user"])
    competition = candidate.competition
    names = "、".join(str(group) for group in groups)
    tell_and_mail(
        user=user,
        key="judge-seated:" + "-".join(str(judge.pk) for judge in judges),
        subject=f"敬邀評審：{competition.title}",
        text=f"敬聘您擔任{competition.title}{names}評審。{_period(competition)}請登入後到「評審作業」評分。",
        url=f"{reverse('competition:judging_list')}?year={competition.programme.year}",
        at=at,
    )
    return judges


def _period(competition):
    starts = f"評分自{format_date(competition.judging_starts_at)}起"
    if competition.judging_ends_on is None:
        return f"{starts}。"
    return f"{starts}，{deadline_text(competition.judging_ends_on)}。"


@transaction.atomic
def drop_candidate(*, candidate, by, at):
    """Take a candidate off the list while nothing is decided."""
    candidate = _locked(candidate)
    if candidate.state != Candidate.State.PROPOSED:
        raise CandidateRefused(f"{candidate}{candidate.get_state_display()}，紀錄要保留，不能移除。")
    record(candidate.competition, "candidate.dropped", candidate, f"移除評審人選{candidate}", by=by, at=at)
    candidate.delete()


def _locked(candidate):
    locked_competition(candidate.competition)
    candidates = Candidate.objects.select_for_update(of=("self",))
    return candidates.select_related("competition__programme", "user", "unit").get(pk=candidate.pk)
