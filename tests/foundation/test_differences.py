"""Two texts side by side."""

from hypothesis import given
from hypothesis import strategies as st

from foundation.differences import Line, compare


def test_equal_texts_have_no_blocks():
    assert compare("一\n二", "一\n二") == []


def test_a_changed_line_shows_the_letters_that_changed():
    ((kept, changed),) = compare("不變\n三個月前送件", "不變\n四個月前送件")

    assert kept == Line([("不變", False)], [("不變", False)], is_changed=False)
    assert changed == Line([("三", True), ("個月前送件", False)], [("四", True), ("個月前送件", False)])


def test_added_and_removed_lines_stand_alone():
    ((_, added),) = compare("一", "一\n二")
    ((_, removed),) = compare("一\n二", "一")

    assert added == Line(None, [("二", True)])
    assert removed == Line([("二", True)], None)


def test_unchanged_text_far_from_a_change_is_left_out():
    before = "\n".join(str(number) for number in range(100))
    after = before.replace("50", "五十").replace("90", "九十")

    assert [len(block) for block in compare(before, after)] == [7, 7]


def test_very_long_lines_are_not_compared_by_the_letter():
    ((line,),) = compare("甲" * 3000, "乙" * 3000)

    assert line == Line([("甲" * 3000, True)], [("乙" * 3000, True)])


@given(st.text("甲乙丙\n", max_size=60), st.text("甲乙丙\n", max_size=60))
def test_the_pieces_of_a_line_give_back_its_text(before, after):
    lines = [line for block in compare(before, after) for line in block]

    for side, text in (("left", before), ("right", after)):
        shown = ["".join(piece for piece, _ in getattr(line, side)) for line in lines if getattr(line, side)]
        assert all(piece in text.splitlines() for piece in shown)
