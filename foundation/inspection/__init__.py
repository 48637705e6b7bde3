"""Is a stored file what it says, and how is it shown safely?

    inspection.request(stored, by=user, at=now)     in the action's transaction; asking again changes nothing

    @inspection.on_checked                          in a module of settings.JOB_MODULES
    def tell(check, *, at): ...                     in the transaction that ends the check

A worker scans the file, looks into it in a process of its own (`foundation.filekinds`) and keeps the
`FileCheck`: passed with what pages need to show it, quarantined with the rule it breaks, or failed.
"""

from .checking import forget, on_checked, request, retry

__all__ = ["forget", "on_checked", "request", "retry"]
