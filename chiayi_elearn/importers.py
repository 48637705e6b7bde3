"""Every kind of file the portal reads in, in the order in which a year is filled."""

from agencies.imports import UnitImporter
from competition.imports import EntryImporter, ScoreImporter
from platform_updates.imports import ForumTopicImporter, UpdateImporter
from workshops.imports import EnrolmentImporter, QuotaImporter

from .people_import import PeopleImporter

IMPORTERS = {
    importer.kind: importer
    for importer in (
        UnitImporter,
        PeopleImporter,
        QuotaImporter,
        EnrolmentImporter,
        EntryImporter,
        ScoreImporter,
        UpdateImporter,
        ForumTopicImporter,
    )
}
