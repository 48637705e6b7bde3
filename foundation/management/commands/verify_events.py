"""Recomputes the hash chain over the sealed events."""

from django.core.management.base import BaseCommand, CommandError

from foundation import events


class Command(BaseCommand):
    help = "重算事件的雜湊鏈；有被竄改、刪除或插入的事件時，逐一列出並以 1 結束。"

    def add_arguments(self, parser):
        parser.add_argument("--head", default="", metavar="雜湊值", help="先前另存的鏈尾；須仍在鏈上。")

    def handle(self, *, head, **options):
        broken = [f"第 {position} 環與事件不符。" for position in events.broken_links()]
        if head and not events.is_in_chain(head):
            broken.append(f"先前保存的鏈尾 {head} 不在鏈上，鏈已被改寫。")
        if broken:
            raise CommandError("\n".join(broken))
        self.stdout.write(f"{events.sealed_count()} 筆事件與雜湊鏈相符。")
