import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.idnumbers import IdNumberError, clean_id_number

# Numbers used in textbooks and manuals; they belong to nobody.
GOOD = ("A123456789", "F131104093", "A800000014", "AC01234567", "Z199999990")


@pytest.mark.parametrize("number", GOOD)
def test_good_numbers(number):
    assert clean_id_number(number) == number


def test_as_typed():
    assert clean_id_number(" ａ１２３４５６７８９ ") == "A123456789"


@pytest.mark.parametrize("typed", ("", "A12345678", "1123456789", "A323456789", "AE01234567", "A1234567890"))
def test_wrong_form(typed):
    with pytest.raises(IdNumberError, match="格式不對"):
        clean_id_number(typed)


# Places whose weight (7, 3, 1, 1) shares no factor with ten; at the others some slips cannot be seen.
@given(st.sampled_from(GOOD), st.sampled_from((2, 6, 8, 9)), st.integers(1, 9))
def test_a_wrong_digit_is_found_and_never_repeated(number, place, by):
    typed = f"{number[:place]}{(int(number[place]) + by) % 10}{number[place + 1 :]}"
    with pytest.raises(IdNumberError) as refused:
        clean_id_number(typed)
    assert typed not in str(refused.value)
