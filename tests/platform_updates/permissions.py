"""Who gets what answer from the pages of records, updates and topics."""

from tests.permissions.table import CONTACTS_AND_STAFF, OWN_UNIT, STAFF, row

OWN_UNIT_DONE = "302 404 302 404 404 404 404 302 302"
STAFF_DONE = "302 403 403 403 403 403 403 302 302"
ACCEPT = {"decision": "accepted"}
REJECT = {"decision": "rejected", "reason": "測試理由"}


def csv(world):
    return ["csv"]


def update(world):
    return [world.update.pk]


def rejected_update(world):
    return [world.rejected_update.pk]


def topic(world):
    return [world.forum_topic.pk]


def rejected_topic(world):
    return [world.rejected_topic.pk]


def record(world):
    return [world.record.pk]


def appeal(world):
    return [world.appeal.pk]


def record_data(world):
    return {
        "unit": world.unit.pk,
        "position": "人事管理員",
        "business": "other",
        "title": "測試紀錄",
        "body": "測試內容",
        "author": "測試提供者",
    }


def revision_data(world):
    return {
        "based_on": 1,
        "title": "測試紀錄",
        "body": "另一種內容",
        "author": "測試提供者",
        "is_substantive": "1",
    }


def topic_data(world):
    return {
        "unit": world.unit.pk,
        "title": "測試主題",
        "url": "https://forum.example.test/1",
        "posted_on": "105/04/01",
        "replies": "3",
    }


ROWS = [
    row("platform_updates:update_list", "GET", CONTACTS_AND_STAFF, note="聯絡人只看到自己的機關"),
    row("platform_updates:update_export", "GET", CONTACTS_AND_STAFF, args=csv),
    row("platform_updates:update_detail", "GET", OWN_UNIT, args=update),
    row("platform_updates:update_review", "GET", STAFF, args=update),
    row(
        "platform_updates:update_review",
        "POST",
        STAFF_DONE,
        args=update,
        data=lambda world: REJECT,
    ),
    row(
        "platform_updates:update_review_many",
        "POST",
        STAFF_DONE,
        data=lambda world: {"items": [world.update.pk], **REJECT},
    ),
    row("platform_updates:update_appeal", "GET", OWN_UNIT, args=rejected_update),
    row(
        "platform_updates:update_appeal",
        "POST",
        OWN_UNIT_DONE,
        args=rejected_update,
        data=lambda world: {"text": "測試申復理由"},
    ),
    row("platform_updates:record_list", "GET", CONTACTS_AND_STAFF, note="聯絡人只看到自己的機關"),
    row("platform_updates:record_create", "GET", CONTACTS_AND_STAFF),
    row(
        "platform_updates:record_create",
        "POST",
        "302 403 302 200 403 403 403 302 302",
        data=record_data,
        note="替別的機關發布，表單會退回",
    ),
    row("platform_updates:record_detail", "GET", OWN_UNIT, args=record),
    row("platform_updates:record_revise", "GET", OWN_UNIT, args=record),
    row("platform_updates:record_revise", "POST", OWN_UNIT_DONE, args=record, data=revision_data),
    row(
        "platform_updates:record_version",
        "GET",
        OWN_UNIT,
        args=lambda world: [world.record.pk, 1],
    ),
    row(
        "platform_updates:record_file",
        "GET",
        OWN_UNIT,
        args=lambda world: [world.record.pk, world.attachment.pk],
    ),
    row("platform_updates:topic_list", "GET", CONTACTS_AND_STAFF, note="聯絡人只看到自己的機關"),
    row("platform_updates:topic_export", "GET", CONTACTS_AND_STAFF, args=csv),
    row("platform_updates:topic_create", "GET", CONTACTS_AND_STAFF),
    row(
        "platform_updates:topic_create",
        "POST",
        "302 403 302 200 403 403 403 302 302",
        data=topic_data,
        note="替別的機關登錄，表單會退回",
    ),
    row("platform_updates:topic_detail", "GET", OWN_UNIT, args=topic),
    row("platform_updates:topic_change", "GET", OWN_UNIT, args=topic),
    row("platform_updates:topic_change", "POST", OWN_UNIT_DONE, args=topic, data=topic_data),
    row("platform_updates:topic_review", "GET", STAFF, args=topic),
    row(
        "platform_updates:topic_review",
        "POST",
        STAFF_DONE,
        args=topic,
        data=lambda world: ACCEPT,
    ),
    row(
        "platform_updates:topic_review_many",
        "POST",
        STAFF_DONE,
        data=lambda world: {"items": [world.forum_topic.pk], **ACCEPT},
    ),
    row("platform_updates:topic_appeal", "GET", OWN_UNIT, args=rejected_topic),
    row(
        "platform_updates:topic_appeal",
        "POST",
        OWN_UNIT,
        args=rejected_topic,
        data=lambda world: {"text": "測試申復理由"},
        note="已在申復中，不再受理",
    ),
    row("platform_updates:appeal_list", "GET", STAFF),
    row("platform_updates:appeal_answer", "GET", STAFF, args=appeal),
    row(
        "platform_updates:appeal_answer",
        "POST",
        STAFF_DONE,
        args=appeal,
        data=lambda world: {"is_granted": "0", "answer": "維持"},
    ),
]
