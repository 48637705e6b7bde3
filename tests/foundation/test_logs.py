import json
import logging
import sys
from types import SimpleNamespace

import pytest

from foundation.logs import JSONFormatter, LineFormatter

FORGED = "ok\n2026-01-01 ERROR forged\x1b[2J\u2028end"


def record_of(message, *, request=None, exc_info=None):
    record = logging.LogRecord("portal", logging.WARNING, __file__, 1, message, (), exc_info)
    record.created = 0
    if request:
        record.request = request
    return record


@pytest.mark.parametrize("formatter", (LineFormatter(), JSONFormatter()))
def test_what_visitors_send_forges_no_line(formatter):
    written = formatter.format(record_of(FORGED))

    assert len(written.splitlines()) == 1
    assert "\x1b" not in written


def test_a_line_has_the_moment_in_utc_and_the_reference():
    record = record_of("慢", request=SimpleNamespace(reference="0a1b2c3d"))

    assert LineFormatter().format(record) == (
        "1970-01-01T00:00:00.000+00:00 WARNING portal 慢 reference=0a1b2c3d"
    )
    assert json.loads(JSONFormatter().format(record)) == {
        "at": "1970-01-01T00:00:00.000+00:00",
        "level": "WARNING",
        "logger": "portal",
        "message": "慢",
        "reference": "0a1b2c3d",
    }


def test_a_traceback_stays_readable_and_indented():
    try:
        raise ValueError("一\n2026-01-01 ERROR forged")
    except ValueError:
        record = record_of("failed", exc_info=sys.exc_info())

    _, *others = LineFormatter().format(record).splitlines()
    assert others
    assert all(line.startswith("    ") for line in others)
    assert "ValueError: 一" in json.loads(JSONFormatter().format(record))["traceback"]
