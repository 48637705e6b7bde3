"""Sample facts written as the spreadsheets that the office would import."""

import csv
import io

from chiayi_elearn.importers import IMPORTERS
from foundation import importing


def import_rows(kind, programme, rows, *, by, at):
    """Import rows through the importer of that kind; the sample data must hold no refused row."""
    importer = IMPORTERS[kind](programme)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([spec.title for spec in importer.fields])
    writer.writerows(rows)
    run_import(importer, buffer.getvalue().encode(), f"範例{importer.title}.csv", by=by, at=at)


def run_import(importer, content, filename, *, by, at):
    plan = importing.run(importer, content=content, filename=filename, by=by, at=at)
    if plan.refusals:
        raise ValueError("\n".join(plan.refusals[:5]))
