import pytest
from django.urls import reverse

from agencies import notices
from agencies.models import Notice
from foundation.models import Mail
from tests import factories as make

pytestmark = pytest.mark.django_db
AT = make.taipei(2016, 6, 1, 9)


def test_tell_many_tells_each_once():
    first, second = make.make_user(), make.make_user()
    notices.tell_many(users=[first, second, first], text="請補件", url="/", at=AT)
    assert sorted(Notice.objects.values_list("user", flat=True)) == sorted([first.pk, second.pk])


def test_tell_and_mail_queues_one_letter_per_occasion(settings):
    settings.SITE_URL = "https://elearn.example.test"
    user = make.make_user(name="林堃峯")
    for _ in range(2):
        notices.tell_and_mail(user=user, key="k", subject="補件", text="請補件。", url="/x/", at=AT)
    mail = Mail.objects.get()
    assert mail.body.startswith("林堃峯您好：\n\n請補件。\n\nhttps://elearn.example.test/x/")


def test_tell_and_mail_without_address_still_tells():
    user = make.make_user(email="")
    notices.tell_and_mail(user=user, key="k", subject="補件", text="請補件。", at=AT)
    assert (Notice.objects.count(), Mail.objects.count()) == (1, 0)


def test_notice_list_shows_only_ones_own(client):
    user = make.make_user()
    mine = notices.tell(user=user, text="給我的", at=AT)
    notices.tell(user=make.make_user(), text="給別人的", at=AT)
    client.force_login(user)

    response = client.get(reverse("agencies:notice_list"))

    assert list(response.context["page"]) == [mine]
    assert "給別人的" not in response.content.decode()


def test_the_newest_notice_stands_first_whenever_it_was_written_down(client):
    make.make_programme()
    user = make.make_user()
    later = notices.tell(user=user, text="後來的事", at=make.taipei(2016, 6, 2))
    earlier = notices.tell(user=user, text="先前的事", at=AT)
    client.force_login(user)

    listed, home = client.get(reverse("agencies:notice_list")), client.get("/")

    assert list(listed.context["page"]) == [later, earlier]
    assert list(home.context["notices"]) == [later, earlier]


@pytest.mark.parametrize(
    ("url", "target"),
    (
        ("/agencies/", "/agencies/"),
        ("", "/agencies/notices/"),
        ("https://evil.example/", "/agencies/notices/"),
        ("//evil.example/", "/agencies/notices/"),
    ),
)
def test_reading_a_notice_goes_where_it_points_inside_the_portal(client, url, target):
    user = make.make_user()
    notice = notices.tell(user=user, text="請補件", url=url, at=AT)
    client.force_login(user)

    response = client.post(reverse("agencies:notice_read", args=[notice.pk]))

    notice.refresh_from_db()
    assert notice.read_at is not None
    assert response.url == target


def test_another_persons_notice_is_not_there(client):
    notice = notices.tell(user=make.make_user(), text="請補件", at=AT)
    client.force_login(make.make_user())
    assert client.post(reverse("agencies:notice_read", args=[notice.pk])).status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_read_all_marks_ones_own(client):
    user, other = make.make_user(), make.make_user()
    for person in (user, user, other):
        notices.tell(user=person, text="請補件", at=AT)
    client.force_login(user)

    client.post(reverse("agencies:notice_read_all"))

    assert (notices.unread_count(user), notices.unread_count(other)) == (0, 1)
