from chiayi_elearn.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "匯入薦送名單"
    kind = "enrolments"
