"""The board as a file: one code for the page's downloads and the command."""

import json

from foundation.pdf import CONTENT_TYPE, render_pdf
from foundation.rocdate import format_datetime, format_range
from foundation.sheets import FORMATS as SHEET_FORMATS
from foundation.sheets import OutColumn, Written, write_table
from foundation.templatetags.portal import NOT_APPLICABLE, percentage

from .board import Board
from .lines import TITLES, amount_shown, percent_shown, targets
from .rules import COMPETITION, FORUM, UPDATES, WORKSHOP, update_rate

FORMATS = ("json", *SHEET_FORMATS, "pdf")

COLUMNS = (
    OutColumn("名次", 6, "int"),
    OutColumn("機關代碼", 12),
    OutColumn("機關名稱", 30),
    OutColumn("類別", 16),
    OutColumn("整體完成度", 11, "percent"),
    OutColumn(TITLES[UPDATES], 14, "percent"),
    OutColumn("更新數", 8, "int"),
    OutColumn("單位人數", 9, "int"),
    OutColumn("更新率", 9, "percent"),
    OutColumn(TITLES[WORKSHOP], 12, "percent"),
    OutColumn("薦送人數", 9, "int"),
    OutColumn("分配名額", 9, "int"),
    OutColumn(TITLES[COMPETITION], 12, "percent"),
    OutColumn("參賽件數", 9, "int"),
    OutColumn(TITLES[FORUM], 12, "percent"),
    OutColumn("主題數", 8, "int"),
    OutColumn("不適用原因", 40),
)


def write_board(board: Board, fmt: str) -> Written:
    """The finished file; `fmt` is one of FORMATS."""
    if fmt == "json":
        text = json.dumps(board.as_json(), ensure_ascii=False, indent=2)
        return Written("application/json", "json", len(board.rows), f"{text}\n".encode())
    if fmt == "pdf":
        content = render_pdf("scoring/board_pdf.html", _pdf_context(board))
        return Written(CONTENT_TYPE, "pdf", len(board.rows), content)
    return write_table(
        fmt,
        title=heading(board),
        columns=COLUMNS,
        rows=(_sheet_row(row, board.rules) for row in board.rows),
        notes=[heading(board), *explanation(board)],
    )


def heading(board: Board) -> str:
    among = board.rows[0].category_label if board.category and board.rows else "各機關"
    return f"{board.programme}{among}完成度"


def file_name(board: Board, fmt: str) -> str:
    return f"{heading(board)}.{fmt}"


def period(board: Board) -> str:
    return format_range(board.programme.starts_on, board.programme.ends_on).removeprefix("民國")


def explanation(board: Board) -> list[str]:
    """How the figures come about: at the foot of the page and of the papers."""
    programme, the_rules = board.programme, board.rules
    by_title = dict(targets(the_rules))
    weights = "、".join(f"{TITLES[key]} {getattr(the_rules, f'weight_{key}')}" for key in TITLES)
    return [
        f"{TITLES[UPDATES]}：採計的更新筆數 ÷（{the_rules.update_multiplier} × 單位人數），"
        f"{by_title[TITLES[UPDATES]]}；更新日期須在計畫期間內。",
        f"{TITLES[WORKSHOP]}：各梯次送訓人數（不超過該梯次分配名額）的合計 ÷ 分配名額的合計；"
        "請假、缺席者不計。",
        f"{TITLES[COMPETITION]}：期限內送件且未撤回、未取消資格的作品，{by_title[TITLES[COMPETITION]]}。",
        f"{TITLES[FORUM]}：計畫期間內發表、回覆滿 {programme.reply_target} 篇的主題，"
        f"{by_title[TITLES[FORUM]]}。",
        f"整體完成度是適用各項完成度的加權平均（權重：{weights}）；每項以 100% 為上限，"
        "不適用的項目不列入。名次依未四捨五入的數值排列，同率並列。",
        f"計算期間：{period(board)}；計算時間：{format_datetime(board.at)}（臺北時間）。",
    ]


def _sheet_row(row, the_rules):
    one, facts = row.completion, row.facts
    return (
        row.rank,
        row.code,
        row.name,
        row.category_label,
        _or_not(row.overall),
        _or_not(one.updates.completion),
        facts.updates,
        facts.headcount,
        _or_not(update_rate(facts, the_rules)),
        _or_not(one.workshop.completion),
        facts.sent,
        facts.quota,
        _or_not(one.competition.completion),
        facts.works,
        _or_not(one.forum.completion),
        facts.topics,
        "、".join(f"{TITLES[which.key]}：{which.why_not}" for which in one.indicators if which.why_not),
    )


def _or_not(value):
    return NOT_APPLICABLE if value is None else value


def _pdf_context(board):
    return {
        "heading": heading(board),
        "programme": board.programme,
        "targets": targets(board.rules),
        "mean": percentage(board.mean),
        "done_count": board.done_count,
        "period": period(board),
        "explanation": explanation(board),
        "at": board.at,
        "rows": [
            (
                "－" if row.rank is None else row.rank,
                row.code,
                row.name,
                row.category_label,
                percent_shown(row.overall),
                [
                    (
                        percent_shown(which.completion),
                        which.why_not or amount_shown(which, row.facts, board.rules),
                    )
                    for which in row.completion.indicators
                ],
            )
            for row in board.rows
        ],
    }
