"""What people do in the competition. Each action refuses in Chinese and writes its event itself."""

from .entries import (
    EntryRefused,
    attach,
    create_draft,
    detach,
    disqualify,
    register,
    reinstate,
    revise,
    submit,
    withdraw,
)
from .panel import PanelRefused, appoint, declare_conflict, dismiss, lift_conflict
from .results import (
    ResultRefused,
    agree_to_reopen,
    ask_to_reopen,
    change_release,
    finalise,
    settle_tie,
)
from .review import (
    ReviewRefused,
    assign_extra_judge,
    remind_judges,
    set_dispute_threshold,
    withdraw_extra_judge,
)
from .setup import SetupRefused, change_criteria, change_rules, change_topics, extend
from .sheets import SheetConflict, SheetRefused, save_sheet, sign_sheet

__all__ = [
    "EntryRefused",
    "PanelRefused",
    "ResultRefused",
    "ReviewRefused",
    "SetupRefused",
    "SheetConflict",
    "SheetRefused",
    "agree_to_reopen",
    "appoint",
    "ask_to_reopen",
    "assign_extra_judge",
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
    "remind_judges",
    "revise",
    "save_sheet",
    "set_dispute_threshold",
    "settle_tie",
    "sign_sheet",
    "submit",
    "withdraw",
    "withdraw_extra_judge",
]
