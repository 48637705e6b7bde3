"""What the year itself puts into calendars."""

from foundation.calendars import Item


def calendar_items(programme):
    yield Item(
        key=f"programme-{programme.pk}",
        title=f"{programme}數位學習計畫期間",
        starts=programme.starts_on,
        ends=programme.ends_on,
        text=programme.title,
    )
