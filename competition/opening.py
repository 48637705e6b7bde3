"""The competition's part of opening a year."""

from datetime import date

from agencies import document
from agencies.models import CompetitionGroup
from agencies.models.programme import ROC_EPOCH
from agencies.opening import moved, renumbered

from .models import Ceremony, Competition, Criterion, Group, Prize, Topic

NEW_ERA = "嘉義新時代"
SERVICE = "為民服務"
PERSONNEL = "人事業務"

# 限定主題 by group, as the document's table has them.
TOPICS = {
    CompetitionGroup.AGENCY: (NEW_ERA, SERVICE),
    CompetitionGroup.COUNTY_AND_SCHOOL: (PERSONNEL, NEW_ERA, SERVICE),
}
# The document leaves criteria to a separate notice; these are the county's defaults (design §3.4).
CRITERIA = (
    ("內容", 40, "正確、完整，切合主題，同仁拿了就能用。"),
    ("教學設計", 30, "目標清楚，步驟有序，有練習或自我檢核。"),
    ("媒體呈現", 20, "畫面、聲音與字幕清楚，長度適中。"),
    ("創意", 10, "表現手法有新意，具地方特色。"),
)
# 獎品包含獎杯(狀)及禮券: the document leaves the amounts open.
TROPHIES = {Prize.Place.FIRST, Prize.Place.SECOND, Prize.Place.THIRD}


def open_year(programme, *, like=None):
    """Groups, topics and criteria by the document, or those of another year; never judges or works."""
    if like is None:
        _by_the_document(programme)
    elif hasattr(like, "competition"):
        _copy(programme, like.competition)


def _by_the_document(programme):
    competition = Competition.objects.create(
        programme=programme,
        title=document.competition_title(programme.competition_edition),
        due_on=date(programme.year + ROC_EPOCH, 7, 1),
        due_is_provisional=True,
    )
    for key, names in TOPICS.items():
        group = Group.objects.create(competition=competition, key=key)
        Topic.objects.bulk_create(
            Topic(group=group, name=name, asks_axis=name == NEW_ERA, position=position)
            for position, name in enumerate(names, start=1)
        )
    Criterion.objects.bulk_create(
        Criterion(competition=competition, name=name, full_marks=marks, position=position, guidance=guidance)
        for position, (name, marks, guidance) in enumerate(CRITERIA, start=1)
    )
    Prize.objects.bulk_create(
        Prize(competition=competition, place=place, trophy=place in TROPHIES) for place in Prize.Place.values
    )


def _copy(programme, old):
    like = old.programme
    competition = Competition.objects.create(
        programme=programme,
        title=renumbered(old.title, like, programme.year),
        due_on=moved(old.due_on, programme.year - like.year),
        due_is_provisional=True,
        method=old.method,
        minimum_sheets=old.minimum_sheets,
        minimum_mean=old.minimum_mean,
        honourable_mentions=old.honourable_mentions,
        unit_space_gb=old.unit_space_gb,
        replacement_days=old.replacement_days,
    )
    for old_group in old.groups.prefetch_related("topics"):
        group = Group.objects.create(competition=competition, key=old_group.key)
        Topic.objects.bulk_create(
            Topic(group=group, name=topic.name, asks_axis=topic.asks_axis, position=topic.position)
            for topic in old_group.topics.all()
        )
    Criterion.objects.bulk_create(
        Criterion(
            competition=competition,
            name=criterion.name,
            full_marks=criterion.full_marks,
            position=criterion.position,
            guidance=criterion.guidance,
        )
        for criterion in old.criteria.all()
    )
    Prize.objects.bulk_create(
        Prize(
            competition=competition,
            place=prize.place,
            trophy=prize.trophy,
            certificate=prize.certificate,
            voucher_value=prize.voucher_value,
            voucher_count=prize.voucher_count,
        )
        for prize in old.prizes.all()
    )
    _copy_ceremony(competition, Ceremony.of(old), like)


def _copy_ceremony(competition, old, like):
    """What the papers say from year to year; when and where they are given is each year's own."""
    Ceremony.objects.create(
        competition=competition,
        magistrate=old.magistrate,
        certificate_prefix=old.certificate_prefix,
        certificates_per=old.certificates_per,
        presenter=old.presenter,
        mention_presenter=old.mention_presenter,
        voucher_purpose=renumbered(old.voucher_purpose, like, competition.programme.year),
        budget_item=renumbered(old.budget_item, like, competition.programme.year),
        disputed_from=old.disputed_from,
    )
