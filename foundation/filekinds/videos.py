"""Videos and sounds: probed, a poster frame, and a copy without what the container says about its makers."""

import re

from imageio_ffmpeg import get_ffmpeg_exe

from . import Quarantined
from .programs import run

COVER_WIDTH = 640
SHORT = 60  # seconds to probe or to draw one frame
LONG = 20 * 60  # seconds to copy 2 GB
# The reader is named, not guessed: a playlist or a script in a video's clothes is not followed anywhere.
_READERS = {
    ".mp4": "mov",
    ".m4v": "mov",
    ".m4a": "mov",
    ".mov": "mov",
    ".webm": "matroska",
    ".mp3": "mp3",
    ".ogg": "ogg",
    ".wav": "wav",
}
_WRITERS = {**_READERS, ".mp4": "mp4", ".m4v": "mp4", ".m4a": "mp4", ".webm": "webm"}
ENDINGS = frozenset(_READERS)
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d)\.(\d\d)")
_VIDEO = re.compile(r"Stream #\d+:\d+.*?: Video: (\w+)([^\n]*)")
_AUDIO = re.compile(r"Stream #\d+:\d+.*?: Audio: (\w+)")
_SIZE = re.compile(r"\b(\d{2,5})x(\d{2,5})\b")
# What the browsers of an office play without anything installed.
_PLAYABLE_VIDEO = {"h264", "vp8", "vp9", "av1"}
_PLAYABLE_AUDIO = {"aac", "mp3", "opus", "vorbis"}
_DEEP = re.compile(r"yuv42[02]p1[02]|yuv422p|yuv444p")
UNREADABLE = "影片無法讀取，可能沒有傳完、損壞或還在錄製中。請用原來的軟體重新輸出成 MP4（H.264）再上傳。"


def examine(path, ending, folder, on_step):
    """Kind, facts and what was made of a video."""
    on_step(2, 4, "讀取影片")
    neutral = folder / "neutral"
    facts = _facts(_probe(path, ending, folder))
    on_step(3, 4, "製作評審用的副本")
    if not without_names(path, ending, neutral):
        raise Quarantined(UNREADABLE)
    # The copy knows its length even where a browser's recorder left it out.
    facts = _facts(_probe(neutral, ending, folder)) | {"warnings": facts["warnings"]}
    if not facts.get("duration_ms"):
        raise Quarantined(UNREADABLE)
    on_step(4, 4, "擷取封面")
    made = ["neutral"]
    if _poster(neutral, ending, facts["duration_ms"], folder):
        made.append("cover")
    return {"kind": "video", "facts": facts, "made": made}


def _call(path, ending):
    return [
        get_ffmpeg_exe(),
        "-hide_banner",
        "-nostdin",
        "-threads",
        "1",
        "-protocol_whitelist",
        "file",
        "-f",
        _READERS[ending],
        "-i",
        f"file:{path}",
    ]


def _probe(path, ending, folder):
    # Without an output the program complains and ends with 1, after it has told all about the input.
    _, told = run(_call(path, ending), seconds=SHORT, cwd=folder)
    return told


def _facts(told):
    video, audio = _VIDEO.search(told), _AUDIO.search(told)
    if video is None:
        raise Quarantined(UNREADABLE if audio is None else "檔案裡只有聲音，沒有影像。請改用有畫面的影片。")
    facts = {"codec": video[1], "audio": audio[1] if audio else "", "warnings": []}
    if size := _SIZE.search(video[2]):
        facts["width"], facts["height"] = int(size[1]), int(size[2])
    if length := _DURATION.search(told):
        hours, minutes, seconds, hundredths = map(int, length.groups())
        facts["duration_ms"] = ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10
    if video[1] not in _PLAYABLE_VIDEO or _DEEP.search(video[2]):
        facts["warnings"].append(
            f"影像編碼是 {video[1]}，瀏覽器可能無法播放，只能下載觀看。建議輸出成 MP4（H.264、8 位元）。"
        )
    if audio and audio[1] not in _PLAYABLE_AUDIO:
        facts["warnings"].append(f"聲音編碼是 {audio[1]}，瀏覽器可能沒有聲音。建議輸出成 AAC。")
    return facts


def without_names(path, ending, target):
    """Copy a video or a sound without title, author, place, covers and chapters; False when it cannot be read.

    Pictures and sound stay as they are, bit by bit; the same file gives the same copy.
    """
    status, _ = run(
        [
            *_call(path, ending),
            *("-map", "0:V?", "-map", "0:a?", "-map", "0:s?", "-dn", "-c", "copy"),
            *("-map_metadata", "-1", "-map_chapters", "-1"),
            *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"),
            *(("-movflags", "+faststart", "-empty_hdlr_name", "1") if _is_mp4(ending) else ()),
            *(("-write_id3v1", "0", "-id3v2_version", "0", "-write_xing", "0") if ending == ".mp3" else ()),
            *("-f", _WRITERS[ending], "-y", f"file:{target}"),
        ],
        seconds=LONG,
        cwd=target.parent,
    )
    return status == 0 and target.stat().st_size > 0


def _is_mp4(ending):
    return _WRITERS[ending] in ("mp4", "mov")


def _poster(path, ending, duration_ms, folder):
    at = min(3000, duration_ms // 4) / 1000
    call = _call(path, ending)
    before_input = call.index("-f")
    status, _ = run(
        [
            *call[:before_input],
            *("-ss", f"{at:.3f}"),
            *call[before_input:],
            *("-map", "0:V:0", "-frames:v", "1", "-vf", f"scale={COVER_WIDTH}:-2", "-q:v", "4"),
            *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
            *("-f", "image2", "-update", "1", "-y", "file:cover"),
        ],
        seconds=SHORT,
        cwd=folder,
    )
    return status == 0 and (folder / "cover").exists()
