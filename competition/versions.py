"""What a work said when it was handed in and after each change since, and what differs between two."""

from foundation import differences

from .models import EntryVersion

TITLES = {
    "title": "作品名稱",
    "topic": "主題",
    "synopsis": "內容簡介",
    "authors": "作者",
    "making": "製作方式與工具",
    "materials": "第三方素材",
    "licence": "授權方式",
    "files": "檔案",
}
PENDING = "雜湊計算中"


def write_version(entry, occasion, *, by, at):
    """Keep the work as it stands. The entry is locked, so no two get one number."""
    latest = entry.versions.first()
    return EntryVersion.objects.create(
        entry=entry,
        number=latest.number + 1 if latest else 1,
        occasion=occasion,
        content=content_of(entry),
        saved_by=by,
        saved_at=at,
    )


def between(before, after):
    """The differences of two versions, one subject after the other."""
    return differences.between(
        (title, before.content.get(name, ""), after.content.get(name, "")) for name, title in TITLES.items()
    )


def content_of(entry):
    """Each subject as the text a person reads, one author, material or file a line."""
    return {
        "title": entry.title,
        "topic": "：".join(filter(None, (entry.topic.name, entry.get_axis_display()))),
        "synopsis": entry.synopsis,
        "authors": "\n".join(map(_author_line, entry.authors.all())),
        "making": entry.making,
        "materials": _materials(entry),
        "licence": entry.get_licence_display(),
        "files": "\n".join(_file_line(each) for each in entry.files.all()),
    }


def _author_line(author):
    share = "" if author.share is None else f"{author.share.normalize():f}%"
    return "，".join(filter(None, (author.name, author.title, share)))


def _materials(entry):
    if entry.uses_materials is None:
        return ""
    if not entry.uses_materials:
        return "沒有使用"
    return "\n".join("；".join(row) for row in entry.material_rows())


def last_with(entry, file):
    """The last version that lists a file of the work, by its content whatever its name; None when none does."""
    return next((each for each in entry.versions.all() if _hash(file) in each.content["files"]), None)


def _file_line(entry_file):
    return f"{entry_file.name}，{entry_file.size:,} 位元組，{_hash(entry_file)}"


def _hash(entry_file):
    if entry_file.sha256:
        return f"SHA-256 {entry_file.sha256}"
    return f"{PENDING}（{entry_file.upload.token}）"


def complete_hash(entry, entry_file):
    """Put the hash of a file, still of the work or not, where versions written before it was known wait for it."""
    waiting = f"{PENDING}（{entry_file.upload.token}）"
    for version in entry.versions.all():
        if waiting in version.content["files"]:
            version.content["files"] = version.content["files"].replace(waiting, _hash(entry_file))
            version.save(update_fields=["content"])
