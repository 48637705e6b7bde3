"""Jobs that only the tests know. The markers are files, so that another process can see them."""

import time
from pathlib import Path

from django.db import transaction

from foundation import events, files
from foundation.errors import Refused
from foundation.jobs import job


@job("sample.count")
def count(progress, *, steps=3):
    for step in range(steps):
        progress(step, steps, f"第 {step} 步")
    progress(steps, steps, "完成")
    return {"步數": steps}


@job("sample.file")
def make_file(progress):
    return files.store(b"result", name="結果.txt", by=progress.job.created_by, at=progress.at())


@job("sample.refuse")
def refuse(progress):
    raise Refused("本年度沒有可打包的資料。")


@job("sample.break")
def break_down(progress):
    raise ZeroDivisionError("secret detail")


@job("sample.effect_then_break")
def effect_then_break(progress):
    with transaction.atomic():
        _effect(progress)
        progress.finish({})
        raise ZeroDivisionError


@job("sample.effect")
def effect(progress, *, folder, hang):
    """One event, written together with the end of the job; `hang` stops before the commit until killed."""
    folder = Path(folder)
    with transaction.atomic():
        _effect(progress)
        progress.finish({})
        if hang and not (folder / "go").exists():
            (folder / "inside").touch()
            while True:
                time.sleep(0.05)


@job("sample.slow")
def slow(progress, *, folder, seconds):
    """Takes its time, saying so."""
    (Path(folder) / "inside").touch()
    for step in range(seconds * 20):
        time.sleep(0.05)
        progress(step, seconds * 20)
    with transaction.atomic():
        _effect(progress)
        progress.finish({})


def _effect(progress):
    events.record(action="sample.effect", by=None, target=progress.job, summary="做了一次")
