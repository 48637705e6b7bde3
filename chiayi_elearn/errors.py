"""The answer to a failure: another try may do when the database is away, else the page with a reference."""

import sys

from foundation.middleware import database_away

from . import pages


def server_error(request):
    return database_away(request, sys.exc_info()[1]) or pages.server_error(request)
