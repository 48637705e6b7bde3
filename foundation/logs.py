"""Log lines on standard error: one line for people, or JSON for a collector.

What visitors send ends up in logs; line breaks and terminal codes in it must not forge lines.
"""

import json
import logging
import re
from datetime import UTC, datetime

# Who holds the token of an opened package may read it (threat T44).
_TOKEN = re.compile(r"(/materials/(?:view|show|open)/)[A-Za-z0-9_:=-]+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _visible(text):
    return _UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}", _without_tokens(text))


def _without_tokens(text):
    return _TOKEN.sub(r"\1…", text)


def _moment(record):
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _reference(record):
    return getattr(getattr(record, "request", None), "reference", "")


class LineFormatter(logging.Formatter):
    """Time (UTC), level, logger, message, the request's reference; a traceback follows, indented."""

    def format(self, record):
        parts = [_moment(record), record.levelname, record.name, _visible(record.getMessage())]
        if reference := _reference(record):
            parts.append(f"reference={reference}")
        lines = [" ".join(parts)]
        if record.exc_info:
            lines += [f"    {_visible(line)}" for line in self.formatException(record.exc_info).splitlines()]
        return "\n".join(lines)


class JSONFormatter(logging.Formatter):
    def format(self, record):
        fields = {
            "at": _moment(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _without_tokens(record.getMessage()),
        }
        if reference := _reference(record):
            fields["reference"] = reference
        if record.exc_info:
            fields["traceback"] = _without_tokens(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=True)
