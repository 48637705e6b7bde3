"""What people do in the competition. Each action refuses in Chinese and writes its event itself."""

from .entries import (
    EntryConflict,
    EntryRefused,
    create_draft,
    disqualify,
    register,
    reinstate,
    revise,
    submit,
    withdraw,
)
from .entry_files import attach, detach
from .panel import PanelRefused, appoint, declare_conflict, dismiss, lift_conflict
from .results import (
    ResultRefused,
    agree_to_reopen,
    ask_to_reopen,
    change_release,
    finalise,
    settle_tie,
)
from .setup import SetupRefused, change_criteria, change_rules, change_topics, extend
from .sheets import SheetConflict, SheetRefused, save_sheet, sign_sheet

__all__ = [
    "EntryConflict",
    "EntryRefused",
    "PanelRefused",
    "ResultRefused",
    "SetupRefused",
    "SheetConflict",
    "SheetRefused",
    "agree_to_reopen",
    "appoint",
    "ask_to_reopen",
    "attach",
    "change_criteria",
    "change_release",
    "change_rules",
    "change_topics",
    "create_draft",
    "declare_conflict",
    "detach",
    "dismiss",
    "disqualify",
    "extend",
    "finalise",
    "lift_conflict",
    "register",
    "reinstate",
    "revise",
    "save_sheet",
    "settle_tie",
    "sign_sheet",
    "submit",
    "withdraw",
]
