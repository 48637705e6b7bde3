"""What must always hold of records, updates and topics."""

from django.db.models import F

from .models import ForumTopic, Record, Update


def breaches():
    """Each breach as a Chinese sentence."""
    for model, name in ((Update, "資料更新"), (ForumTopic, "論壇主題")):
        for item in model.objects.exclude(unit__programme=F("programme")):
            yield f"{name}：「{item}」（{item.pk}）的機關不屬於它的年度。"
    for update in Update.objects.exclude(record=None).exclude(record__unit=F("unit")):
        yield f"資料更新：「{update}」（{update.pk}）的紀錄屬於別的機關。"
    for record in Record.objects.filter(versions=None):
        yield f"經驗紀錄：{record.pk} 沒有任何版本。"
