import re

import segno

from foundation.qr import qr_svg


def test_the_square_draws_every_dark_module_once():
    svg = qr_svg("https://example.test/c/K7QM-2XAP-9TRD/", label="驗證")

    drawn = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", svg):
        drawn |= {(int(x) + step, int(y)) for step in range(int(width))}
    rows = list(
        segno.make("https://example.test/c/K7QM-2XAP-9TRD/", error="m", micro=False).matrix_iter(border=4)
    )
    assert drawn == {(x, y) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark}
    assert f'viewBox="0 0 {len(rows)} {len(rows)}"' in svg


def test_the_label_is_escaped():
    assert 'aria-label="&lt;b&gt;"' in qr_svg("x", label="<b>")
