"""An importer's file as a template, and filled with the stored facts."""

from foundation.sheets import OutColumn, write_table


def out_columns(importer):
    return [OutColumn(title=spec.title, width=spec.width, kind=spec.kind) for spec in importer.fields]


def write_template(importer, fmt, target=None):
    """An empty file with the header row, ready to be filled in."""
    return write_table(fmt, title=importer.title, columns=out_columns(importer), rows=[], target=target)


def write_export(importer, fmt, target=None):
    """The stored facts in the columns in which they are imported."""
    return write_table(
        fmt, title=importer.title, columns=out_columns(importer), rows=importer.export_rows(), target=target
    )
