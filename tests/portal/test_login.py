"""The front door: logging in, being refused, and setting a password by mail."""

from datetime import date

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from foundation.models import Mail
from tests import factories as make

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery 9"


@pytest.fixture
def user():
    user = make.make_user(username="lin", name="林堃峯")
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(client, password):
    return client.post(reverse("login"), {"username": "lin", "password": password})


def test_login_names_the_office(client):
    page = client.get(reverse("login")).content.decode()

    assert "嘉義縣政府人事處" in page
    assert "<h1>數位學習計畫</h1>" in page


def test_login_goes_home(client, user):
    response = log_in(client, PASSWORD)

    assert (response.status_code, response["Location"]) == (302, "/")


def test_a_wrong_password_is_told_in_words_and_keeps_the_name(client, user):
    response = log_in(client, "wrong")
    page = response.content.decode()

    assert response.status_code == 200
    assert "帳號與密碼不相符" in page
    assert 'value="lin"' in page


def test_an_unknown_account_gets_the_same_answer(client, user):
    known = log_in(client, "wrong").content.decode()
    unknown = client.post(reverse("login"), {"username": "nobody", "password": "wrong"}).content.decode()

    assert "帳號與密碼不相符" in known
    assert "帳號與密碼不相符" in unknown


def test_the_fifth_wrong_password_closes_the_account_for_a_while(client, user):
    answers = [log_in(client, "wrong").status_code for _ in range(5)]
    locked = log_in(client, PASSWORD)

    assert answers == [200, 200, 200, 200, 429]
    assert locked.status_code == 429
    assert "這個帳號暫停登入 15 分鐘" in locked.content.decode()


def link_for(user):
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password_reset_confirm", args=[uid, default_token_generator.make_token(user)])


def test_an_invited_person_sets_a_password_and_logs_in(client, user):
    form = client.get(link_for(user), follow=True)
    new = {"new_password1": "another staple 27", "new_password2": "another staple 27"}
    done = client.post(form.request["PATH_INFO"], new, follow=True)

    assert "設定密碼並啟用帳號" in form.content.decode()
    assert "密碼已設定" in done.content.decode()
    assert log_in(client, "another staple 27").status_code == 302


def test_a_used_link_says_what_to_do(client, user):
    link = link_for(user)
    user.set_password("changed since 27")
    user.save()

    page = client.get(link, follow=True).content.decode()

    assert "這個連結已失效" in page
    assert reverse("password_reset") in page


def test_reset_mail_uses_the_portals_own_address(client, user, settings):
    client.post(reverse("password_reset"), {"email": user.email}, headers={"host": "testserver"})

    letter = Mail.objects.get(recipient=user.email)
    assert letter.subject == "嘉義縣政府數位學習計畫：重設密碼"
    assert f"{settings.SITE_URL.rstrip('/')}/" in letter.body
    assert "testserver" not in letter.body
    assert "林堃峯 您好" in letter.body


def test_invitation_mail_in_full():
    context = {
        "user": make.make_user(username="wu", name="吳<喆>"),
        "url": "https://portal.example.test/set/",
        "expires_on": date(2016, 7, 1),
        "inviter": "陳承辦",
        "site_url": "https://portal.example.test",
    }

    assert render_to_string("registration/invitation_email.txt", context) == (
        "吳<喆> 您好：\n\n"
        "嘉義縣政府人事處已為您建立數位學習計畫的帳號（由 陳承辦 邀請）。\n\n"
        "帳號：wu\n\n"
        "請開啟下面的連結設定密碼，民國105年7月1日前有效：\n\n"
        "https://portal.example.test/set/\n\n"
        "設定完成後，請由此登入：https://portal.example.test\n"
        "連結失效時，可在登入頁按「忘記密碼」重新索取。\n\n"
        "嘉義縣政府人事處\n"
        "這封信由系統寄出，請勿直接回覆。\n"
    )
