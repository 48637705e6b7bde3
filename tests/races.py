"""Several people at one moment: each call in a thread with a connection of its own, all starting together."""

import threading

from django.db import connections


def at_once(calls):
    """What each call gave, or the exception it raised, in their order."""
    results, start = [None] * len(calls), threading.Barrier(len(calls))

    def run(number):
        start.wait()
        try:
            results[number] = calls[number]()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
