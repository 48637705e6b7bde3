"""Large files through the real web server, against the same server without the portal, in one run.

2 GB where the disk has room, else 512 MB. The bare server takes the same bytes as one raw body to the same
disk, and downloads stand beside its bare sendfile; where there is an nginx, also behind it.
"""

import hashlib
import http.client
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from statistics import quantiles
from time import perf_counter, sleep

import psutil
import pytest

from foundation import files
from tests import factories as make
from tests.uploading.nginx import PREFIX, PROGRAM, Nginx, free_port
from tests.uploading.portal import Portal

pytestmark = pytest.mark.django_db(transaction=True)

MIB = 1024 * 1024
PART = 32 * MIB  # as static/uploads.js sends
BLOCK = MIB // 4
LINE = 4 * MIB  # bytes a second of each of the ten uploads: 320 Mbit/s together
TRICKLE = 64 * 1024  # bytes a second of each slow download
SLOW_LINES = 50
MORE_THAN_THREADS = 150  # of both web processes
ASKED = 120


@pytest.fixture
def portal(tmp_path):
    portal = Portal(tmp_path, make.make_user(name="測試聯絡人"))
    portal.environment |= {"BARE_FILE": str(tmp_path / "bare"), "UPLOADS_PER_PERSON": "30"}
    (tmp_path / "bare").touch()
    portal.environment["UPLOAD_MB_PER_PERSON"] = "30000"
    portal.open()
    yield portal
    portal.close()


def film_of(size, folder):
    block = hashlib.sha256(b"film").digest() * (MIB // 32)
    path = folder / "film.mp4"
    with path.open("wb") as file:
        for number in range(size // MIB):
            file.write(number.to_bytes(8, "big") + block[8:])
    return path


def parts(path):
    """(offset, length) of each part that the page's client sends."""
    size = path.stat().st_size
    return [(offset, min(PART, size - offset)) for offset in range(0, size, PART)]


def blocks(path, offset, length, pace=0):
    """A stretch of the file, block by block as a client streams it; `pace`: bytes a second."""
    with path.open("rb") as file:
        file.seek(offset)
        while length:
            block = file.read(min(BLOCK, length))
            length -= len(block)
            yield block
            if pace:
                sleep(len(block) / pace)


def timed(function, *arguments):
    start = perf_counter()
    function(*arguments)
    return perf_counter() - start


def resident(server):
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    return sum(process.memory_info().rss for process in processes)


def send_all(portal, url, path):
    for offset, length in parts(path):
        assert portal.send(url, offset, blocks(path, offset, length), length)[0] == 204


def send_bare(portal, place, path):
    size = path.stat().st_size
    assert portal.ask("POST", place, blocks(path, 0, size), Content_Length=str(size))[0] == 204


def fetch(portal, path, port=None):
    connection = http.client.HTTPConnection("127.0.0.1", port or portal.port, timeout=600)
    connection.request("GET", path, headers=portal.headers())
    answer = connection.getresponse()
    assert answer.status == 200
    buffer, total = bytearray(MIB), 0
    while count := answer.readinto(buffer):
        total += count
    connection.close()
    return total


def test_a_film_up_hashed_and_down(portal, tmp_path):
    size = 2048 * MIB if shutil.disk_usage(tmp_path).free > 16 * 1024 * MIB else 512 * MIB
    film = film_of(size, tmp_path)
    bare = portal.serve(app="tests.bench.bare")
    kept = min(timed(send_bare, portal, "/keep/", film) for _ in range(2))
    dropped = min(timed(send_bare, portal, "/drop/", film) for _ in range(2))
    plain = min(timed(fetch, portal, "/") for _ in range(2))
    portal.kill(bare)

    server = portal.serve()
    send_all(portal, portal.announce("小.pdf", 9), write(film.with_name("small"), b"%PDF-1.7\n"))
    before = resident(server)
    urls = [portal.announce("影片.mp4", size) for _ in range(2)]
    up = min(timed(send_all, portal, url, film) for url in urls)
    growth = resident(server) - before

    ours = timed(digest, film)
    theirs = timed(subprocess.check_output, ["sha256sum", film])
    assert portal.work() == 0
    stored = portal.execute("SELECT id, sha256 FROM foundation_storedfile WHERE size = ?", size)
    assert [row[1] for row in stored] == [digest(film)] * 2
    down = min(timed(fetch, portal, f"/file/{stored[0][0]}/") for _ in range(2))

    print(
        f"\n{size // MIB} MB: up {up:.2f} s; bare to disk {kept:.2f} s (ratio {up / kept:.2f}), "
        f"bare dropped {dropped:.2f} s (ratio {up / dropped:.2f}); server grew {growth / MIB:.1f} MB; "
        f"hashed at {theirs / ours:.2f} of sha256sum; down at {plain / down:.2f} of sendfile"
    )
    assert growth < 32 * MIB
    assert up <= 1.5 * kept
    assert theirs / ours >= 0.5
    assert plain / down >= 0.7


@pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed")
def test_a_film_down_behind_nginx(portal, tmp_path):
    """By X-Accel, each time asked of the portal, against the same file that nginx sends of itself."""
    film = film_of(1024 * MIB, tmp_path)
    portal.environment |= {"X_ACCEL_PREFIX": PREFIX, "PROXIES": "1"}
    portal.serve(workers=2, threads=64)
    send_all(portal, portal.announce("影片.mp4", film.stat().st_size), film)
    assert portal.work() == 0
    ((stored, place),) = portal.execute("SELECT id, path FROM foundation_storedfile")
    port = free_port()  # without encryption, which would be most of the work
    nginx = Nginx(
        portal,
        tmp_path / "nginx",
        more=f"listen 127.0.0.1:{port}; location /plain/ {{ alias {portal.files}/; }}",
    )
    try:
        fetch(portal, f"/plain/{place}", port)
        rounds = [  # in turn: the machine may be busy with something else for a while
            (timed(fetch, portal, f"/plain/{place}", port), timed(fetch, portal, f"/file/{stored}/", port))
            for _ in range(5)
        ]
    finally:
        nginx.close()

    plain, down = map(min, zip(*rounds, strict=True))
    print(f"\n1024 MB behind nginx: {down:.2f} s, of itself {plain:.2f} s: {plain / down:.2f} of plain nginx")
    assert plain / down >= 0.7


def write(path, content):
    path.write_bytes(content)
    return path


def digest(path):
    with path.open("rb", buffering=0) as file:
        return files.digest_of(file)


def pages(portal):
    times = []
    for _ in range(ASKED):
        times.append(timed(portal.ask, "GET", "/accounts/password/"))
        sleep(0.02)
    return quantiles(times, n=20)[18]


def test_small_pages_among_fifty_lines_of_1_kb_a_second(portal, tmp_path):
    """As `bin/serve` starts it, with nothing before it: headers, forms, uploads, downloads that hardly move.

    And more uploads than there are threads: those that find no place come again.
    """
    portal.environment["UPLOADS_PER_PERSON"] = "200"
    film = film_of(64 * MIB, tmp_path)
    server = portal.serve(workers=2, threads=64)
    send_all(portal, portal.announce("影片.mp4", film.stat().st_size), film)
    assert portal.work() == 0
    stored = portal.execute("SELECT id FROM foundation_storedfile")[0][0]
    urls = [portal.announce("影片.mp4", film.stat().st_size) for _ in range(MORE_THAN_THREADS)]
    few = urls[:SLOW_LINES]
    pages(portal)
    idle = pages(portal)
    before = resident(server)
    told = [f"\nsmall page p95: idle {idle * 1000:.1f} ms"]
    body = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\n"
    part = body.replace("x-www-form-urlencoded", "offset+octet-stream") + "Upload-Offset: 0\r\n"
    kinds = {
        "headers": ("GET / HTTP/1.1\r\nX-Slow: " for _ in few),
        "forms": (f"POST /accounts/login/ HTTP/1.1\r\n{body}{{}}\r\n" for _ in few),
        "uploads": (f"PATCH {url} HTTP/1.1\r\n{part}{{}}\r\n" for url in few),
        "lines not hung up": ("GET /health/ HTTP/1.1\r\n{}Connection: close\r\n\r\n" for _ in few),
        "more uploads": (f"PATCH {url} HTTP/1.1\r\n{part}{{}}\r\n" for url in urls),
        "downloads": (f"GET /file/{stored}/ HTTP/1.1\r\n{{}}\r\n" for _ in few),
    }
    for kind, requests in kinds.items():
        with slow_lines(portal, requests, reads=kind == "downloads"):
            loaded = pages(portal)
        told.append(f"{kind} {loaded * 1000:.1f} ms (ratio {loaded / idle:.2f})")
        assert loaded <= 3 * idle, told
    growth = resident(server) - before
    print(", ".join(told), f"; server grew {growth / MIB:.1f} MB")
    assert growth < 128 * MIB


@contextmanager
def slow_lines(portal, requests, *, reads):
    """A line for each request, on which 1 KB a second goes on; they stand when the block begins."""
    stop = threading.Event()
    head = "".join(f"{name}: {value}\r\n" for name, value in portal.headers(Host="127.0.0.1").items())

    def trickle(request):
        while not stop.is_set():
            with suppress(OSError), socket.create_connection(("127.0.0.1", portal.port)) as line:
                line.sendall(request.format(head).encode())
                while not stop.wait(1):
                    line.recv(1024) if reads else line.sendall(b"a" * 1000 + b"\r\nX-Slow: ")

    threads = [threading.Thread(target=trickle, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    sleep(2)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_small_pages_among_ten_uploads_and_four_slow_downloads(portal, tmp_path):
    film = film_of(1024 * MIB, tmp_path)
    portal.serve(workers=2, threads=64)
    send_all(portal, portal.announce("影片.mp4", film.stat().st_size), film)
    assert portal.work() == 0
    stored = portal.execute("SELECT id FROM foundation_storedfile")[0][0]
    pages(portal)
    idle = pages(portal)
    stop = threading.Event()

    def upload(url):
        for offset, length in parts(film):
            if stop.is_set():
                return
            assert portal.send(url, offset, blocks(film, offset, length, LINE), length)[0] == 204

    def trickle():
        with socket.create_connection(("127.0.0.1", portal.port)) as line:
            head = "".join(f"{name}: {value}\r\n" for name, value in portal.headers(Host="127.0.0.1").items())
            line.sendall(f"GET /file/{stored}/ HTTP/1.1\r\n{head}\r\n".encode())
            while not stop.is_set() and line.recv(TRICKLE):
                sleep(1)

    urls = [portal.announce(f"影片{number}.mp4", film.stat().st_size) for number in range(10)]
    threads = [threading.Thread(target=upload, args=(url,)) for url in urls]
    threads += [threading.Thread(target=trickle) for _ in range(4)]
    for thread in threads:
        thread.start()
    sleep(2)
    loaded = pages(portal)
    stop.set()
    for thread in threads:
        thread.join()

    print(
        f"\nsmall page p95: idle {idle * 1000:.1f} ms, loaded {loaded * 1000:.1f} ms, ratio {loaded / idle:.2f}"
    )
    assert loaded <= 3 * idle
