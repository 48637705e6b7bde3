"""Large files through the real web server, against the same server without the portal, in one run.

2 GB where the disk has room, else 512 MB. The bare server takes the same bytes as one raw body to the same
disk; nginx is not among the packages that the portal needs, so downloads stand beside bare sendfile.
"""

import hashlib
import http.client
import shutil
import socket
import subprocess
import threading
from statistics import quantiles
from time import perf_counter, sleep

import psutil
import pytest

from foundation import files
from tests import factories as make
from tests.uploading.portal import Portal

pytestmark = pytest.mark.django_db(transaction=True)

MIB = 1024 * 1024
PART = 32 * MIB  # as static/uploads.js sends
LINE = 4 * MIB  # bytes a second of each of the ten uploads: 320 Mbit/s together
TRICKLE = 64 * 1024  # bytes a second of each slow download
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


def parts(path, size=PART):
    with path.open("rb") as file:
        offset = 0
        while block := file.read(size):
            yield offset, block
            offset += len(block)


def timed(function, *arguments):
    start = perf_counter()
    function(*arguments)
    return perf_counter() - start


def resident(server):
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    return sum(process.memory_info().rss for process in processes)


def send_all(portal, url, path):
    for offset, block in parts(path):
        assert portal.send(url, offset, block)[0] == 204, "a part was refused"


def send_bare(portal, place, path):
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=600)
    with path.open("rb") as body:
        headers = {"Content-Length": str(path.stat().st_size)}
        connection.request("POST", place, (block for block in iter(lambda: body.read(MIB), b"")), headers)
        assert connection.getresponse().status == 204
    connection.close()


def fetch(portal, path):
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=600)
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


def test_small_pages_among_ten_uploads_and_four_slow_downloads(portal, tmp_path):
    film = film_of(1024 * MIB, tmp_path)
    portal.serve(workers=2, threads=16)
    send_all(portal, portal.announce("影片.mp4", film.stat().st_size), film)
    assert portal.work() == 0
    stored = portal.execute("SELECT id FROM foundation_storedfile")[0][0]
    pages(portal)
    idle = pages(portal)
    stop = threading.Event()

    def upload(url):
        for offset, block in parts(film, MIB):
            if stop.is_set():
                return
            started = perf_counter()
            assert portal.send(url, offset, block)[0] == 204
            sleep(max(0.0, len(block) / LINE - (perf_counter() - started)))

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
