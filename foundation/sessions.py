"""Sessions in the database that know when their row runs out."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Django's, remembering the stored expiry so that it need not be written anew on each request."""

    row_expires_at = None

    def _get_session_from_db(self):
        row = super()._get_session_from_db()
        self.row_expires_at = row.expire_date if row else None
        return row
