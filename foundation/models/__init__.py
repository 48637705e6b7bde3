from .calendars import CalendarFeed
from .certificates import Certificate
from .checks import FileCheck, Viewing
from .events import Event, EventSeal
from .files import StoredFile
from .imports import ImportBatch, ImportWrite
from .jobs import Job
from .mail import Mail
from .uploads import StrayFile, Upload, UploadPart

__all__ = [
    "CalendarFeed",
    "Certificate",
    "Event",
    "EventSeal",
    "FileCheck",
    "ImportBatch",
    "ImportWrite",
    "Job",
    "Mail",
    "StoredFile",
    "StrayFile",
    "Upload",
    "UploadPart",
    "Viewing",
]
