"""Two versions of a record, field by field."""

from foundation import differences

from .models import RecordVersion


def between(before, after):
    """The differences of two versions; unchanged fields are left out."""
    pairs = [
        (RecordVersion._meta.get_field(name).verbose_name, getattr(before, name), getattr(after, name))
        for name in RecordVersion.TEXTS
    ]
    return differences.between([*pairs, ("附件", _file_names(before), _file_names(after))])


def _file_names(version):
    return "\n".join(str(attachment.file) for attachment in version.attachments.all())
