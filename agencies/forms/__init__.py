from .accounts import (
    AccountForm,
    CuratorForm,
    InvitationForm,
    LastDayForm,
    PersonForm,
    ResetForm,
)
from .contacts import ContactForm, DeputyForm, HandOverForm
from .programmes import ProgrammeForm, ScheduleFormSet
from .units import (
    CloseForm,
    HeadcountForm,
    MergeForm,
    NewUnitForm,
    RenameForm,
    UnitForm,
)

__all__ = [
    "AccountForm",
    "CloseForm",
    "ContactForm",
    "CuratorForm",
    "DeputyForm",
    "HandOverForm",
    "HeadcountForm",
    "InvitationForm",
    "LastDayForm",
    "MergeForm",
    "NewUnitForm",
    "PersonForm",
    "ProgrammeForm",
    "RenameForm",
    "ResetForm",
    "ScheduleFormSet",
    "UnitForm",
]
