"""What 府人考字第1050049859號 (105年3月14日) says about the year itself."""

from datetime import date

DOCUMENT_YEAR = 105
DOCUMENT_NUMBER = "府人考字第1050049859號"
DOCUMENT_DATE = date(2016, 3, 14)
# 第2屆 was held in 105; one every year.
YEAR_BEFORE_FIRST_EDITION = 103

LEGAL_BASIS = """\
一、公務人員訓練進修法暨其施行細則。
二、行政院及所屬各機關公務人員數位學習推動方案。
三、嘉義縣政府暨所屬機關學校105年度訓練進修實施計畫。
四、行政院人事行政總處地方行政研習中心105年度推動數位學習熠星方案實施要項。
五、嘉義縣政府及所屬各機關學校績優人員發給禮品(券)作業要點。"""

OBJECTIVES = """\
一、承繼自製數位教材學習經驗，深化同仁製作能力，將內容與政策「嘉義新時代」結合，發揚地方治理特色。
二、運用建置完成之「嘉e樂學堂」平台，進行資料內容更新與介面加值，累積資料庫檔案內容，同時確實將同仁經驗進行永久數位保存。"""


def title(year):
    return f"嘉義縣政府{year}年度「熠」鳴驚人-經驗傳承數位飛躍計畫"


def edition(year):
    """第N屆; years before the first one count as the first."""
    return max(year - YEAR_BEFORE_FIRST_EDITION, 1)


def competition_title(edition):
    return f"洗鍊的「嘉」作-第{edition}屆自製數位教材競賽活動"


def schedule(edition):
    """The five items (實施內容) with their first and last month.

    The shading of the document's timetable is lost. These months follow from its dates: the whole
    period; the two sessions in April; help from the sessions until the works are due; the
    competition from then to the awards; the showcase once the works are in. All are 暫定.
    """
    return (
        ("求新立異-經驗傳承數位化平台E化工程", 3, 9),
        ("自製數位教材研習班", 4, 4),
        ("誰來我「嘉」-自製數位教材遠距教學輔助", 4, 7),
        (competition_title(edition), 4, 9),
        ("「嘉e樂學堂」平台介面加值", 7, 9),
    )
