"""Sample works in every state, with small real files made on the spot.

The worker checks the files afterwards, as everybody's; one of them is not what its name says and ends
up quarantined.
"""

import io
import subprocess
import zipfile
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from imageio_ffmpeg import get_ffmpeg_exe

from competition.actions import attach, create_draft, disqualify, register, revise, submit, withdraw
from competition.models import Entry
from foundation import files
from foundation.pdf import render_pdf
from foundation.rocdate import taipei_date

from . import samples
from .accounts import SAMPLE_UNIT

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="sample" version="1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="o"><organization identifier="o"><title>範例教材</title>
    <item identifier="i" identifierref="r"><title>第一節</title></item></organization></organizations>
  <resources><resource identifier="r" type="webcontent" adlcp:scormtype="sco" href="index.html">
    <file href="index.html"/></resource></resources>
</manifest>
"""
LESSON = (
    "<!doctype html><html lang=zh-Hant-TW><meta charset=utf-8><title>範例教材</title>"
    "<h1>簡易自來水報修（範例）</h1><p>先問明位置，再通知廠商，當日回報。</p></html>"
)


def make_works(programme, rng, units, keenness, people, at):
    """Handed in by several units; withdrawn, disqualified, on disc, with a bad file; the own unit's drafts."""
    staff = people.staff
    topics = {group.key: list(group.topics.all()) for group in programme.competition.groups.all()}
    chosen = [unit for unit in units if unit.competition_group and rng.random() < keenness[unit.code] * 0.3]
    entries = [_work(rng, unit, topics, staff, at) for unit in chosen if unit.code != SAMPLE_UNIT]
    withdraw(entry=entries[0], reason="重新錄音後再送（範例）", by=staff, at=at - timedelta(hours=5))
    disqualify(entry=entries[1], reason="與去年作品相同（範例）", by=staff, at=at - timedelta(hours=4))
    _add(entries[2], "操作示範.mp4", _video(), staff, at - timedelta(hours=3))
    _add(entries[3], "互動教材.zip", _package(), staff, at - timedelta(hours=3))
    _add(entries[4], "補充簡報.pptx", b"MZ" + bytes(200), staff, at - timedelta(hours=2))
    _on_disc(entries[-1].unit, topics, staff, at)
    own = next(unit for unit in units if unit.code == SAMPLE_UNIT)
    _own_drafts(own, topics[own.competition_group][-1], people["sample-contact"], at - timedelta(days=2))


def _work(rng, unit, topics, by, at):
    """A work that lacks nothing, handed in some days ago."""
    at -= timedelta(days=rng.randint(1, 25), hours=rng.randint(0, 8))
    topic = rng.choice(topics[unit.competition_group])
    entry = create_draft(
        unit=unit,
        topic=topic,
        axis=rng.choice(Entry.Axis.values) if topic.asks_axis else "",
        title=samples.work_title(rng),
        authors=[
            (samples.person_name(rng), rng.choice(samples.JOB_TITLES)) for _ in range(rng.randint(1, 2))
        ],
        synopsis="以實例說明辦理步驟與常見疏漏，適合新進同仁自學。（範例）",
        by=by,
        at=at,
    )
    _add(entry, f"{unit.name}教材.pdf", _handout(entry), by, at)
    entry = revise(
        entry=entry,
        version=entry.version,
        making="以簡報製作動畫並錄製旁白。（範例）",
        uses_materials=True,
        materials=[("背景音樂（範例）", "音樂網站（範例）", "CC BY 4.0")],
        by=by,
        at=at,
    )
    licence = rng.choice(Entry.Licence.values)
    return submit(entry=entry, licence=licence, consent=True, version=entry.version, by=by, at=at)


def _on_disc(unit, topics, by, at):
    """A work that came on a disc, whose file the office attached afterwards."""
    entry = register(
        unit=unit,
        topic=next(topic for topic in topics[unit.competition_group] if not topic.asks_axis),
        title="光碟送件的教材（範例）",
        authors=[("葉喆（範例）", "科員")],
        submitted_on=taipei_date(at - timedelta(days=6)),
        by=by,
        at=at - timedelta(days=5),
    )
    _add(entry, "光碟內容.pdf", _handout(entry), by, at - timedelta(days=5))


def _own_drafts(unit, topic, by, at):
    """What the sample contact finds: a draft with gaps, and one that is ready to be handed in."""
    create_draft(
        unit=unit,
        topic=topic,
        title="簡易自來水報修一次看懂（範例）",
        authors=[("林堃峯（範例）", "課員")],
        synopsis="從接電話到修好的每一步。",
        by=by,
        at=at,
    )
    ready = create_draft(
        unit=unit,
        topic=topic,
        title="路燈報修的三分鐘教學（範例）",
        authors=[("林堃峯（範例）", "課員", 60), ("𠮷喆（範例）", "技士", 40)],
        synopsis="從接到通報到派工回報，一步一步示範。（範例）",
        by=by,
        at=at,
    )
    _add(ready, "竹崎路燈報修.mp4", _video(), by, at)
    revise(
        entry=ready,
        version=ready.version,
        making="螢幕錄影後剪輯，配音由同仁錄製。（範例）",
        uses_materials=False,
        by=by,
        at=at,
    )


def _add(entry, name, content, by, at):
    attach(entry=entry, stored=files.store(content, name=name, by=by, at=at), by=by, at=at)


def _handout(entry):
    return render_pdf("portal/demo_work.html", {"entry": entry}, apart=False)


@cache
def _video():
    """Two seconds of a test picture with a tone."""
    with TemporaryDirectory() as folder:
        target = Path(folder) / "video.mp4"
        subprocess.run(  # noqa: S603 - our own arguments
            [
                *(get_ffmpeg_exe(), "-v", "error", "-nostdin"),
                *("-f", "lavfi", "-i", "testsrc=size=640x360:rate=10:duration=2"),
                *("-f", "lavfi", "-i", "sine=frequency=440:duration=2"),
                *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", target),
            ],
            check=True,
        )
        return target.read_bytes()


@cache
def _package():
    """The smallest SCORM 1.2 package."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("imsmanifest.xml", MANIFEST)
        package.writestr("index.html", LESSON)
    return target.getvalue()
