"""May this person? The board is for the office and the units' contacts; records for the own unit only."""

from django.core.exceptions import PermissionDenied


def own_codes(user):
    """The codes of the units this person stands for today; None for staff, who may open all of them.

    Raises PermissionDenied for everybody else: the board is not theirs to see.
    """
    if user.is_staff:
        return None
    codes = frozenset(user.contacts.in_force().values_list("unit__code", flat=True))
    if not codes:
        raise PermissionDenied("各機關完成度由人事處承辦人與機關聯絡人使用。")
    return codes
