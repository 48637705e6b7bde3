"""Links the events not yet sealed into the hash chain, and prints the chain's end."""

from django.core.management.base import BaseCommand

from foundation import events


class Command(BaseCommand):
    help = "把尚未封存的事件接上雜湊鏈，並印出鏈尾；鏈尾請另外保存在其他系統。"

    def handle(self, **options):
        sealed = events.seal_all()
        head = events.head()
        self.stdout.write(f"封存 {sealed} 筆。" + (f"鏈尾：{head.position} {head.digest}" if head else ""))
