"""What the database itself refuses, and the one rule of counting in both its forms."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from platform_updates.models import Appeal, Attachment, ForumTopic, Review, Update
from tests import factories as make
from tests.factories import taipei

both = pytest.mark.both_databases


def make_rejected_without_reason(unit):
    make.make_update(unit=unit, review=Review.REJECTED, review_reason="")


def make_topic_rejected_without_reason(unit):
    make.make_forum_topic(unit=unit, review=Review.REJECTED, review_reason="")


def make_external_id_twice(unit):
    make.make_update(unit=unit, external_id="U-1")
    make.make_update(unit=make.make_unit(), external_id="U-1")


def make_topic_external_id_twice(unit):
    make.make_forum_topic(unit=unit, external_id="F-1")
    make.make_forum_topic(unit=make.make_unit(), external_id="F-1")


def make_two_updates_of_a_record_on_one_day(unit):
    record = make.make_record(unit=unit)
    make.make_update(unit=unit, record=record, updated_on=date(2016, 4, 1))


def make_update_both_here_and_imported(unit):
    make.make_update(unit=unit, record=make.make_record(unit=unit, update=False), external_id="U-1")


def make_version_number_twice(unit):
    make.make_version(record=make.make_record(unit=unit), number=1)


def make_attachment_twice(unit):
    version = make.make_record(unit=unit).latest()
    file = make.make_stored_file()
    Attachment.objects.create(version=version, file=file)
    Attachment.objects.create(version=version, file=file)


def make_appeal_about_nothing(unit):
    Appeal.objects.create(text="無", created_by=make.make_user(), created_at=taipei(2016, 5, 1))


def make_appeal_answered_in_part(unit):
    update = make.make_update(unit=unit, review=Review.REJECTED)
    make.make_appeal(item=update, answered_at=taipei(2016, 5, 2))


def make_two_waiting_appeals(unit):
    update = make.make_update(unit=unit, review=Review.REJECTED)
    make.make_appeal(item=update)
    make.make_appeal(item=update)


@both
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("break_it", "constraint"),
    (
        (make_rejected_without_reason, "update_rejected_with_reason"),
        (make_topic_rejected_without_reason, "forum_topic_rejected_with_reason"),
        (make_external_id_twice, "external_id"),
        (make_topic_external_id_twice, "external_id"),
        (make_two_updates_of_a_record_on_one_day, "record"),
        (make_update_both_here_and_imported, "update_here_or_imported"),
        (make_version_number_twice, "number"),
        (make_attachment_twice, "file"),
        (make_appeal_about_nothing, "appeal_about_one_thing"),
        (make_appeal_answered_in_part, "appeal_answered_whole"),
        (make_two_waiting_appeals, "update"),
    ),
)
def test_constraints(break_it, constraint):
    unit = make.make_unit()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        break_it(unit)


class CountedRuleTest(TestCase):
    """`counted()` asks the database, `is_counted` one loaded row: they never disagree."""

    @classmethod
    def setUpTestData(cls):
        cls.unit = make.make_unit()

    @given(
        review=st.sampled_from(Review.values),
        day=st.dates(date(2016, 2, 27), date(2016, 10, 3)),
        replies=st.integers(0, 20),
    )
    def test_both_forms_agree(self, review, day, replies):
        update = make.make_update(unit=self.unit, review=review, updated_on=day)
        topic = make.make_forum_topic(unit=self.unit, review=review, posted_on=day, replies=replies)

        for model, item in ((Update, update), (ForumTopic, topic)):
            assert model.objects.counted().filter(pk=item.pk).exists() == item.is_counted
            assert model.objects.not_counted().filter(pk=item.pk).exists() != item.is_counted
