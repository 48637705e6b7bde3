import logging

import pytest

from foundation import periodic
from tests.factories import taipei

AT = taipei(2016, 4, 1, 9)


@pytest.fixture(autouse=True)
def _only_mine(monkeypatch):
    monkeypatch.setattr(periodic, "_functions", [])


def test_each_function_is_called_with_the_time():
    called = []
    periodic.periodic(lambda at: called.append(("first", at)))
    periodic.periodic(lambda at: called.append(("second", at)))

    assert periodic.run_all(at=AT) == 2
    assert called == [("first", AT), ("second", AT)]


def test_one_that_fails_is_logged_and_does_not_keep_the_others(caplog):
    called = []

    @periodic.periodic
    def breaks(at):
        raise ZeroDivisionError

    periodic.periodic(lambda at: called.append(at))

    with caplog.at_level(logging.ERROR):
        assert periodic.run_all(at=AT) == 1
    assert called == [AT]
    assert "breaks" in caplog.text
