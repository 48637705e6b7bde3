"""The shape in which the middle floor tells the board what it counted."""

from django.db.models import IntegerField, Value

NO_SESSION = Value(0, output_field=IntegerField())


def amounts(rows, *, what, amount, session=NO_SESSION):
    """One grouped query over `rows` (each with a `unit`): (unit id, what, session number, amount).

    Every indicator comes in these four columns, so that the board can ask for all of them in one round trip.
    """
    return (
        rows.order_by()
        .values("unit_id")
        .annotate(what=Value(what), session_number=session, amount=amount)
        .values_list("unit_id", "what", "session_number", "amount")
    )
