"""The board worked out a second time, from raw facts in plain loops: nothing here is shared with the portal.

`recompute` follows the words of design §3.2 one by one, with whole numbers only, so that an error in the
rules, the queries or the rounding cannot be made twice the same way.
"""

from datetime import datetime, timedelta, timezone

TAIPEI = timezone(timedelta(hours=8))


def six(numerator, denominator):
    """A fraction as a decimal string with six places, half up."""
    millionths = (numerator * 2_000_000 + denominator) // (denominator * 2)
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06d}"


def recompute(facts, category=None):
    """The `units` array for these raw facts."""
    year = facts["programme"]
    wanted = []
    for unit in facts["units"]:
        if unit["on_board"] and category in (None, unit["category"]):
            wanted.append(describe(facts, year, unit))
    ranked = []
    for one in wanted:
        above = 0
        for other in wanted:
            # a/b > c/d  without dividing
            if other["top"] * one["bottom"] > one["top"] * other["bottom"]:
                above += 1
        one["json"]["rank"] = above + 1
        ranked.append((above, one["json"]["code"], one["json"]))
    ranked.sort(key=lambda item: item[:2])
    return [item[2] for item in ranked]


def describe(facts, year, unit):
    code = unit["code"]
    headcount = None
    newest = None
    for day, count in unit["headcounts"]:
        if day <= year["reference_date"] and (newest is None or day > newest):
            newest, headcount = day, count

    updates = 0
    for update in facts["updates"]:
        in_period = year["starts_on"] <= update["on"] <= year["ends_on"]
        if update["unit"] == code and update["review"] == "accepted" and in_period:
            updates += 1

    topics = 0
    for topic in facts["topics"]:
        in_period = year["starts_on"] <= topic["on"] <= year["ends_on"]
        enough = topic["replies"] >= year["reply_target"]
        if topic["unit"] == code and topic["review"] != "rejected" and in_period and enough:
            topics += 1

    quota = sent = counted = 0
    for (owner, session), seats in facts["quotas"].items():
        if owner != code:
            continue
        came = 0
        for enrolment in facts["enrolments"]:
            theirs = enrolment["unit"] == code and enrolment["session"] == session
            missed = enrolment["attendance"] in ("excused", "absent")
            if theirs and enrolment["state"] == "confirmed" and not missed:
                came += 1
        quota += seats
        sent += came
        counted += came if came < seats else seats

    last_day = facts["due_on"]
    for extension in facts["extensions"]:
        if extension["unit"] == code and extension["due_on"] > last_day:
            last_day = extension["due_on"]
    next_midnight = datetime(last_day.year, last_day.month, last_day.day, tzinfo=TAIPEI)
    next_midnight += timedelta(days=1)
    works = 0
    for entry in facts["entries"]:
        in_time = entry["submitted_at"] < next_midnight
        if entry["unit"] == code and entry["state"] == "submitted" and in_time:
            works += 1

    parts = {}  # what applies: (done so far, needed, weight)
    if headcount:
        # rate / target = n·10000 / (multiplier · headcount · target in ten-thousandths)
        needed = year["update_multiplier"] * headcount * year["update_target_tenthousandths"]
        parts["updates"] = (min(updates * 10_000, needed), needed, year["weight_updates"])
    if quota:
        parts["workshop"] = (counted, quota, year["weight_workshop"])
    if unit["group"]:
        target = year["work_target"]
        parts["competition"] = (min(works, target), target, year["weight_competition"])
    target = year["topic_target"]
    parts["forum"] = (min(topics, target), target, year["weight_forum"])

    top, bottom, weight = 0, 1, 0
    for done, needed, its_weight in parts.values():
        top, bottom = top * needed + its_weight * done * bottom, bottom * needed
        weight += its_weight
    bottom *= weight

    def completion(key):
        return six(parts[key][0], parts[key][1]) if key in parts else None

    rate = six(updates, year["update_multiplier"] * headcount) if headcount else None
    return {
        "top": top,
        "bottom": bottom,
        "json": {
            "code": code,
            "name": unit["name"],
            "category": unit["category"],
            "rank": None,
            "overall": six(top, bottom),
            "indicators": {
                "updates": {
                    "completion": completion("updates"),
                    "count": updates,
                    "headcount": headcount,
                    "rate": rate,
                },
                "workshop": {"completion": completion("workshop"), "sent": sent, "quota": quota},
                "competition": {"completion": completion("competition"), "works": works},
                "forum": {"completion": completion("forum"), "topics": topics},
            },
        },
    }
