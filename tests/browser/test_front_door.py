"""The way in, with a real browser; and that the browser fixture itself sees what it must not let pass."""

import pytest

from tests.conftest import DESKTOP, PHONE, watch
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "paddy-field-of-chiayi-36"


@pytest.mark.parametrize("size", (DESKTOP, PHONE), ids=("desktop", "phone"))
def test_log_in_by_the_form_and_out_again(open_page, assert_accessible, size):
    user = make_user(is_staff=True)
    user.set_password(PASSWORD)
    user.save()
    page = open_page(size=size)

    page.goto("/scores/")
    assert_accessible(page)
    page.get_by_label("帳號").fill(user.username)
    page.get_by_label("密碼").fill(PASSWORD)
    page.get_by_role("button", name="登入").click()
    page.wait_for_url("**/scores/")

    context = page.context
    assert any(cookie["name"] == "sessionid" and cookie["httpOnly"] for cookie in context.cookies())
    assert page.evaluate("document.cookie").count("sessionid") == 0


def test_five_wrong_passwords_lock_for_a_while(open_page, assert_accessible):
    user = make_user()
    user.set_password(PASSWORD)
    user.save()
    page = open_page()
    page.expected_statuses = {429}

    page.goto("/accounts/login/")
    for _ in range(5):
        page.get_by_label("帳號").fill(user.username)
        page.get_by_label("密碼").fill("not the password")
        page.get_by_role("button", name="登入").click()

    assert page.get_by_role("heading", level=1).inner_text() == "這個帳號暫停登入 15 分鐘"
    assert_accessible(page)


@pytest.mark.parametrize(
    ("script", "complaint"),
    (
        ("document.body.setAttribute('onclick', 'x()'); document.body.click()", "console: "),
        ("document.body.appendChild(document.createElement('script')).text = '1'", "console: "),
        ("new Image().src = 'http://192.0.2.1/pixel.png'", "console: "),
        ("console.error('broken')", "console: broken"),
        ("setTimeout(() => { throw new Error('late') })", "script: late"),
        ("fetch('/nowhere/')", "404: "),
    ),
)
def test_the_watch_sees_what_it_must_not_let_pass(browser, live_server, script, complaint):
    complaints = []
    with browser.new_context(base_url=live_server.url) as context:
        page = context.new_page()
        page.expected_statuses = set()
        watch(page, complaints, live_server.url)
        page.goto("/accounts/login/")
        assert complaints == []

        page.evaluate(f"() => {{ {script} }}")
        page.wait_for_timeout(300)

    assert [line for line in complaints if line.startswith(complaint)], complaints
