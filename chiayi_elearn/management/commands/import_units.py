from chiayi_elearn.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "匯入機關與人數"
    kind = "units"
