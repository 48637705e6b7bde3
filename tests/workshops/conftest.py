import sqlite3

import pytest
from django.db import connection


@pytest.fixture
def real_database(transactional_db, tmp_path):
    """For threads with connections of their own: PostgreSQL as it is, SQLite as a file instead of in memory."""
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        yield
        return
    connection.ensure_connection()
    memory, name = connection.connection, connection.settings_dict["NAME"]
    copy = sqlite3.connect(tmp_path / "copy.sqlite3")
    memory.backup(copy)
    copy.close()
    connection.connection = None
    connection.settings_dict["NAME"] = str(tmp_path / "copy.sqlite3")
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
        connection.connection = memory
