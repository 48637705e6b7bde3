"""What must always hold of works, sheets and results."""

from django.db.models import Count, F, Q

from .models import Entry, ResultSet, Score, ScoreSheet
from .verification import differences


def breaches():
    """Each breach as a Chinese sentence."""
    for entry in Entry.objects.exclude(unit__programme=F("competition__programme")):
        yield f"競賽：作品「{entry}」（{entry.pk}）的機關不屬於這一年度的競賽。"
    for entry in Entry.objects.exclude(topic__group__competition=F("competition")):
        yield f"競賽：作品「{entry}」（{entry.pk}）的主題屬於別的競賽。"
    for score in Score.objects.filter(points__gt=F("criterion__full_marks")).select_related("criterion"):
        yield f"評分：評分表 {score.sheet_id} 的「{score.criterion.name}」超過配分。"
    for score in Score.objects.exclude(criterion__competition=F("sheet__entry__competition")):
        yield f"評分：評分表 {score.sheet_id} 有別的競賽的評分項目。"
    for sheet in ScoreSheet.objects.exclude(judge__group=F("entry__topic__group")):
        yield f"評分：評分表 {sheet.pk} 的評審不屬於作品的組別。"
    yield from _incomplete_sheets()
    for result in ResultSet.objects.select_related("group"):
        if ResultSet.fingerprint(result.payload) != result.sha256:
            yield f"結果：{result.group}第 {result.number} 版的內容與指紋不符。"
        elif result.payload and differences(result.payload):
            yield f"結果：{result.group}第 {result.number} 版的名次不能由其評分表重算得出。"
    yield from _changed_after_the_result()


def _changed_after_the_result():
    """While a group's result is final, no sheet of its panel is written."""
    for result in ResultSet.objects.final().select_related("group"):
        for sheet in ScoreSheet.objects.filter(judge__group=result.group, updated_at__gt=result.finalised_at):
            yield f"結果：{result.group}定案之後，評分表 {sheet.pk} 仍有變動。"


def _incomplete_sheets():
    """A signed sheet has points or an abstention for every criterion."""
    signed = ScoreSheet.objects.filter(signed_at__isnull=False).annotate(
        scored=Count("scores", distinct=True),
        asked=Count("entry__competition__criteria", distinct=True),
    )
    for sheet in signed.filter(~Q(scored=F("asked"))):
        yield f"評分：已簽名的評分表 {sheet.pk} 有 {sheet.scored} 項，應有 {sheet.asked} 項。"
