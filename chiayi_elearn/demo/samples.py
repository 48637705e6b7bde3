"""Made-up people, titles and figures; the same ones each time."""

from datetime import timedelta
from random import Random

from agencies.models import Category

SURNAMES = "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴徐周葉蘇莊呂江何蕭羅高"
GIVEN = "怡君志明淑芬建宏雅婷俊傑佳蓉文雄美玲家豪惠雯冠廷堃峯喆𠮷宗翰詩涵"
JOB_TITLES = ("科員", "課員", "辦事員", "股長", "技士", "里幹事", "助理員")
BUSINESS = (
    "會議紀錄撰寫",
    "公文流程",
    "採購程序",
    "災害應變",
    "便民服務窗口",
    "檔案歸檔",
    "人事差勤",
    "預算編列",
    "志工管理",
    "場館借用",
)
MATERIALS = ("一次看懂", "新手上路", "三分鐘學會", "懶人包", "實務案例")
TOPICS = (
    "櫃台服務如何更貼心",
    "無紙化會議的經驗",
    "災後復原的橫向聯繫",
    "在地農產行銷怎麼做",
    "老街導覽的數位化",
    "新進同仁的第一週",
    "跨機關公文時效",
)

QUOTA_CATEGORIES = {
    1: (
        Category.COUNTY_UNIT,
        Category.FIRST_LEVEL_AGENCY,
        Category.LIVESTOCK_CENTRE,
        Category.LAND_OFFICE,
    ),
    2: (Category.TOWNSHIP,),
}


def person_name(rng):
    start = rng.randrange(0, len(GIVEN) - 1)
    return f"{rng.choice(SURNAMES)}{GIVEN[start : start + 2]}（範例）"


def eagerness(rng, unit):
    """How far a unit gets in the sample year, 0 to a bit over 1."""
    usual = {Category.SCHOOL: 0.45, Category.TOWNSHIP: 0.7}.get(unit.category, 0.8)
    return min(1.15, max(0.0, rng.gauss(usual, 0.3)))


def a_day(rng, first, last):
    return first + timedelta(days=rng.randint(0, (last - first).days))


def quota_rows(rng, units):
    for unit in units:
        for number, categories in QUOTA_CATEGORIES.items():
            if unit.category in categories:
                yield number, unit.code, rng.randint(2, 4) if number == 1 else 2


def enrolment_rows(rng, quotas, keenness, *, attendance):
    for number, code, seats in quotas:
        for place in range(seats):
            if rng.random() > keenness[code] + 0.25:
                continue
            mark = rng.choice(attendance)
            address = f"nominee-{code.lower()}-{number}-{place}@example.invalid"
            # The same nominee bears the same name in every year.
            known = Random(address)
            yield number, code, person_name(known), known.choice(JOB_TITLES), address, mark


def update_rows(rng, units, keenness, first, last, prefix):
    serial = 0
    for unit in units:
        wanted = round((unit.headcount or 0) * 0.4 * keenness[unit.code])
        for _ in range(wanted):
            serial += 1
            title = f"{rng.choice(BUSINESS)}{rng.choice(MATERIALS)}（範例）"
            yield f"{prefix}{serial:05d}", unit.code, title, a_day(rng, first, last).isoformat()


def topic_rows(rng, units, keenness, first, last, prefix):
    serial = 0
    for unit in units:
        for _ in range(round(6 * keenness[unit.code])):
            serial += 1
            yield (
                f"{prefix}{serial:05d}",
                unit.code,
                f"{rng.choice(TOPICS)}（範例）",
                f"https://forum.example.invalid/topics/{prefix}{serial}",
                a_day(rng, first, last).isoformat(),
                max(0, round(rng.gauss(13, 4))),
            )


def work_title(rng):
    return f"{rng.choice(BUSINESS)}{rng.choice(MATERIALS)}（範例）"
