from chiayi_elearn.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "匯入紙本與光碟作品"
    kind = "entries"
