import pytest
from django.db import IntegrityError, transaction

from foundation import certificates
from foundation.errors import Refused
from foundation.models import Certificate, Event
from tests import factories as make
from tests.factories import taipei

pytestmark = [pytest.mark.django_db]
AT = taipei(2016, 8, 1, 9)
FACTS = (("事由", "自製數位教材研習班"), ("時數", 6))


@pytest.fixture
def staff():
    return make.make_staff()


def issue(staff, **changes):
    words = {"kind": "hours", "key": "hours-1", "title": "研習時數證明", "holder": "堃峯喆𠮷", "facts": FACTS}
    return certificates.issue(**{**words, **changes}, by=staff, at=AT)


def test_issue_keeps_what_was_stated_and_certifies_an_occasion_once(staff):
    first = issue(staff)

    again = issue(staff, holder="別人")

    assert (again, again.holder) == (first, "堃峯喆𠮷")
    assert again.facts == [["事由", "自製數位教材研習班"], ["時數", "6"]]
    assert len(first.code) == 14 and set(first.code) <= set(certificates.ALPHABET + "-")


@pytest.mark.parametrize("typed", ("K7QM-2XAP-9TRD", "k7qm2xap9trd", " K7QM 2XAP–9TRD ", "K7QM2-XAP9-TRD"))
def test_a_code_is_understood_as_people_type_it(typed):
    assert certificates.clean_code(typed) == "K7QM-2XAP-9TRD"


def test_revoke_needs_a_reason_is_recorded_and_frees_the_occasion(staff):
    wrong = issue(staff)
    with pytest.raises(Refused, match="註銷須說明理由"):
        certificates.revoke(certificate=wrong, reason=" ", by=staff, at=AT)

    certificates.revoke(certificate=wrong, reason="時數登錄有誤", by=staff, at=AT)

    assert issue(staff).code != wrong.code
    assert Event.objects.get().summary.endswith("時數登錄有誤")
    with pytest.raises(Refused, match="已經註銷"):
        certificates.revoke(certificate=wrong, reason="再一次", by=staff, at=AT)


def test_a_revocation_without_a_reason_cannot_be_stored(staff):
    certificate = issue(staff)

    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.filter(pk=certificate.pk).update(revoked_at=AT)


def test_anybody_verifies_a_code(client, staff):
    certificate = issue(staff)

    page = client.get(certificates.address(certificate).removeprefix("http://localhost:8000"))

    assert page.status_code == 200
    for words in ("堃峯喆𠮷", "自製數位教材研習班", "研習時數證明屬實", "民國105年8月1日"):
        assert words in page.content.decode()


def test_a_revoked_code_says_so_and_why(client, staff):
    certificate = issue(staff)
    certificates.revoke(certificate=certificate, reason="時數登錄有誤", by=staff, at=AT)

    page = client.get(f"/certificates/{certificate.code}/").content.decode()

    assert "已經註銷" in page and "時數登錄有誤" in page


def test_a_code_that_is_none_of_ours_is_404_with_the_way_back(client):
    page = client.get("/certificates/AAAA-AAAA-AAAA/")

    assert (page.status_code, "重新輸入驗證碼" in page.content.decode()) == (404, True)


def test_a_typed_code_leads_to_its_page(client):
    assert client.get("/certificates/?code=k7qm2xap9trd").url == "/certificates/K7QM-2XAP-9TRD/"
