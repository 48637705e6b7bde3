"""What must always hold of works, sheets and results."""

import re
from datetime import timedelta

from django.db.models import Count, F, Q
from django.utils import timezone

from foundation.models import StoredFile, Upload

from .models import Entry, EntryFile, EntryVersion, RemovedFile, ResultSet, Score, ScoreSheet
from .verification import differences

LISTED = re.compile("SHA-256 ([0-9a-f]{64})")


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
    yield from _lost_evidence()
    yield from _kept_for_nobody()


def _lost_evidence():
    """What a version lists was handed in: its bytes stay, wherever the file went since."""
    listed = {}
    for version in EntryVersion.objects.select_related("entry").order_by("pk").iterator(chunk_size=500):
        for digest in LISTED.findall(version.content["files"]):
            listed.setdefault(digest, version)
    for digest in listed.keys() - set(StoredFile.objects.values_list("sha256", flat=True)):
        version = listed[digest]
        yield f"競賽：作品「{version.entry}」（{version.entry_id}）{version}列有的檔案 {digest} 不在儲存區。"


def _kept_for_nobody():
    """Uploads that no work keeps, and removed files whose time is long over."""
    kept = [each.objects.exclude(upload=None).values("upload") for each in (EntryFile, RemovedFile)]
    for upload in Upload.objects.exclude(claimed_at=None).exclude(pk__in=kept[0]).exclude(pk__in=kept[1]):
        yield f"競賽：上傳「{upload}」（{upload.pk}）已送入表單，卻不屬於任何作品。"
    for file in RemovedFile.objects.released(timezone.now() - timedelta(days=1)).order_by("pk"):
        yield f"競賽：已移除的檔案「{file}」（{file.pk}）逾期一天仍未清除。"


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
