"""The portal behind a real nginx with the documented configuration: uploads in, downloads out, nothing else."""

import base64
import contextlib
import hashlib
import http.client
import random
from urllib.parse import quote

import pytest

from tests import factories as make

from .nginx import NAME, PREFIX, PROGRAM, Nginx, put_before
from .portal import Portal

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed"),
]
MIB = 1024 * 1024
FILM = "竹崎火車站 堃峯喆𠮷.mp4"
CONTENT = random.Random(105).randbytes(33 * MIB)


@pytest.fixture
def portal(tmp_path):
    portal = Portal(tmp_path, make.make_user(name="測試聯絡人"))
    put_before(portal)
    portal.open()
    portal.serve()
    yield portal
    portal.close()


@pytest.fixture
def nginx(portal, tmp_path):
    nginx = Nginx(portal, tmp_path / "nginx")
    yield nginx
    nginx.close()


def announce(nginx, size):
    name = base64.b64encode(FILM.encode()).decode()
    status, headers, words = nginx.ask(
        "POST", "/uploads/", Upload_Length=str(size), Upload_Metadata=f"filename {name}"
    )
    assert status == 201, words.decode()
    return headers["Location"]


def send(nginx, url, offset, part):
    headers = {"Upload_Offset": str(offset), "Content_Type": "application/offset+octet-stream"}
    return nginx.ask("PATCH", url, part, **headers)


def test_a_film_goes_in_by_parts_and_comes_out_whole_and_in_part(portal, nginx):
    url = announce(nginx, len(CONTENT))
    assert send(nginx, url, 0, CONTENT[: 32 * MIB])[0] == 204
    assert send(nginx, url, 32 * MIB, CONTENT[32 * MIB :])[0] == 204
    assert portal.work() == 0
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert portal.stored() == [(FILM, len(CONTENT), digest)]
    stored = portal.execute("SELECT id FROM foundation_storedfile")[0][0]
    address = f"/file/{stored}/"

    status, headers, body = nginx.ask("GET", address)
    assert (status, body == CONTENT, headers["Content-Length"]) == (200, True, str(len(CONTENT)))
    kept = (
        "Content-Disposition",
        "Content-Type",
        "Cache-Control",
        "X-Content-Type-Options",
        "X-Frame-Options",
    )
    assert [headers[name] for name in kept] == [
        f"attachment; filename*=utf-8''{quote(FILM)}",
        "application/octet-stream",
        "private, no-store",
        "nosniff",
        "DENY",
    ]
    assert headers["Content-Security-Policy"].endswith("; sandbox")
    assert "max-age" in headers["Strict-Transport-Security"]
    assert headers["X-Accel-Redirect"] is None and headers["Server"] == "nginx"

    status, headers, body = nginx.ask("GET", address, Range="bytes=1000-1999")
    assert (status, body) == (206, CONTENT[1000:2000])
    assert headers["Content-Range"] == f"bytes 1000-1999/{len(CONTENT)}"
    status, headers, body = nginx.ask("GET", address, Range="bytes=-10")
    assert (status, body) == (206, CONTENT[-10:])
    status, headers, body = nginx.ask("GET", address, Range=f"bytes={len(CONTENT)}-")
    assert (status, headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    assert nginx.ask("HEAD", address)[1]["Content-Length"] == str(len(CONTENT))

    place = f"{digest[:2]}/{digest}"
    for outside in (f"{PREFIX}{place}", f"{PREFIX}../files/{place}", f"/files/{place}", f"{PREFIX}{place}?x"):
        status, _, body = nginx.ask("GET", outside)
        assert (status, CONTENT[:100] in body) == (404, False), outside


def test_what_is_too_large_is_refused_by_nginx_and_nothing_is_left(portal, nginx):
    url = announce(nginx, len(CONTENT))

    with contextlib.suppress(OSError):  # nginx says no and hangs up
        assert send(nginx, url, 0, bytes(41 * MIB))[0] == 413
    assert nginx.ask("HEAD", url)[1]["Upload-Offset"] == "0"
    assert portal.on_disk() == []


def test_what_arrived_counts_when_the_line_breaks(portal, nginx):
    """nginx passes on what it gets: half of a part is not kept back in a file of its own."""
    url = announce(nginx, len(CONTENT))
    line = nginx.line()
    line.putrequest("PATCH", url)
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    headers |= {"Content-Length": str(32 * MIB), "Origin": f"https://{NAME}"}
    for name, value in portal.headers(**headers).items():
        line.putheader(name, value)
    line.endheaders(CONTENT[: 8 * MIB])
    portal.wait_for(lambda: portal.on_disk() != [], "the first bytes")
    line.close()

    def offset():
        return int(nginx.ask("HEAD", url)[1]["Upload-Offset"])

    portal.wait_for(lambda: offset() > 0, "the part to be counted")
    reached = offset()
    assert reached <= 8 * MIB
    for start in range(reached, len(CONTENT), 32 * MIB):
        assert send(nginx, url, start, CONTENT[start : start + 32 * MIB])[0] == 204
    assert portal.work() == 0
    assert portal.stored() == [(FILM, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())]


def test_without_encryption_one_is_sent_on(nginx):
    line = http.client.HTTPConnection("127.0.0.1", nginx.plain_port)
    line.request("GET", "/competition/", headers={"Host": NAME})
    answer = line.getresponse()
    line.close()

    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/competition/")
