"""What a work has to have before it can be handed in, step by step; one rule for form, action and list."""

from typing import NamedTuple

STEPS = {
    "work": "作品資料",
    "authors": "作者",
    "files": "檔案",
    "making": "製作與素材",
    "submit": "授權與送件",
}
# A work on paper or disc is signed for on paper: staff keep its words and files here.
PAPER_STEPS = {name: STEPS[name] for name in ("work", "authors", "files")}


class Gap(NamedTuple):
    """Something missing, and the step where it is filled in."""

    step: str
    text: str


def steps_of(entry):
    return STEPS if entry.is_online else PAPER_STEPS


def gaps(entry):
    """What the work still lacks. Reads its topic, authors, materials and files, which a list prefetches."""
    found = [*_work_gaps(entry), *_author_gaps(list(entry.authors.all()))]
    if entry.is_online:
        found += [*_file_gaps(list(entry.files.all())), *_making_gaps(entry)]
    return found


def _work_gaps(entry):
    if not entry.title:
        yield Gap("work", "作品名稱")
    if entry.topic.asks_axis and not entry.axis:
        yield Gap("work", f"主題「{entry.topic}」的主軸")
    if entry.is_online and not entry.synopsis:
        yield Gap("work", "內容簡介")


def _author_gaps(authors):
    if not authors:
        yield Gap("authors", "作者")
        return
    shares = [author.share for author in authors if author.share is not None]
    if shares and len(shares) < len(authors):
        yield Gap("authors", "每位作者的貢獻比例（或全部留白，表示均分）")
    elif shares and sum(shares) != 100:
        yield Gap("authors", f"貢獻比例合計 100%（目前 {sum(shares).normalize():f}%）")


def _file_gaps(files):
    if not files:
        yield Gap("files", "作品檔案")
    for each in files:
        if each.is_quarantined:
            yield Gap("files", f"「{each}」已隔離，請更換或移除")


def _making_gaps(entry):
    if not entry.making:
        yield Gap("making", "製作方式與工具")
    if entry.uses_materials is None:
        yield Gap("making", "第三方素材的聲明（沒有就選「沒有使用」）")
        return
    materials = list(entry.materials.all())
    if entry.uses_materials:
        if not materials:
            yield Gap("making", "使用的第三方素材")
        if not all(each.source and each.licence for each in materials):
            yield Gap("making", "每項第三方素材的來源與授權")
    elif materials:
        yield Gap("making", f"第三方素材的更正：選了「沒有使用」，卻列有「{materials[0].name}」")
