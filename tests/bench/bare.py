"""What the web server does without the portal: take a body to the disk, drop it, or send a file by sendfile."""

import os


def application(environ, start_response):
    if environ["REQUEST_METHOD"] == "GET":
        path = os.environ["BARE_FILE"]
        start_response("200 OK", [("Content-Length", str(os.path.getsize(path)))])
        return environ["wsgi.file_wrapper"](open(path, "rb"), 1 << 20)
    target = os.environ["BARE_FILE"] if environ["PATH_INFO"] == "/keep/" else os.devnull
    with open(target, "wb") as file:
        while block := environ["wsgi.input"].read(1 << 20):
            file.write(block)
        file.flush()
        if environ["PATH_INFO"] == "/keep/":
            os.fsync(file.fileno())
    start_response("204 No Content", [])
    return []
