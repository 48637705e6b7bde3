"""nginx before the portal, with the configuration that docs/nginx.conf gives operators."""

import http.client
import os
import shutil
import signal
import ssl
import subprocess

from tests.foundation.test_worker import PATIENCE, ROOT

from .portal import free_port

DOCUMENTED = ROOT / "docs" / "nginx.conf"
PREFIX = "/stored/"
# Debian keeps it where only root looks.
PROGRAM = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
NAME = "localhost"

AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/unused;
    uwsgi_temp_path {folder}/unused;
    scgi_temp_path {folder}/unused;
    sendfile on;
    {site}
}}
"""


def put_before(portal):
    """What the portal's environment says about its proxy; before the portal is served."""
    portal.environment |= {"SITE_URL": f"https://{NAME}", "PROXIES": "1", "X_ACCEL_PREFIX": PREFIX}


class Nginx:
    """It stands before a portal; `more` goes into its https server."""

    def __init__(self, portal, folder, more=""):
        folder.mkdir()
        self.portal, self.folder = portal, folder
        self.port, self.plain_port = free_port(), free_port()
        self._make_certificate()
        config = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""  # who may read what this test wrote
        config.write_text(AROUND.format(user=user, folder=folder, site=self._site(more)))
        self.process = subprocess.Popen(
            [PROGRAM, "-p", folder, "-c", config, "-e", folder / "error.log"], start_new_session=True
        )
        portal.wait_for(self._answers, "nginx")

    def _site(self, more):
        """The documented file, with this machine's ports, names and places in it."""
        site = DOCUMENTED.read_text(encoding="utf-8")
        for documented, here in (
            ("server 127.0.0.1:8000;", f"server 127.0.0.1:{self.portal.port};"),
            ("listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
            ("listen 443 ssl http2;", f"listen 127.0.0.1:{self.port} ssl http2;"),
            ("/etc/ssl/", f"{self.folder}/"),
            ("alias /srv/portal/files/;", f"alias {self.portal.files}/;"),
            ("elearning.example", NAME),
            ("    location / {", f"{more}\n    location / {{"),
        ):
            assert documented in site, documented
            site = site.replace(documented, here)
        return site

    def _make_certificate(self):
        names = ["-subj", f"/CN={NAME}", "-keyout", "portal.key", "-out", "portal.crt", "-days", "1"]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names],
            cwd=self.folder,
            check=True,
            capture_output=True,
        )

    def _answers(self):
        try:
            return self.ask("GET", "/health/")[0] == 200
        except OSError:
            return False

    def line(self):
        """An open connection, encrypted."""
        context = ssl.create_default_context(cafile=self.folder / "portal.crt")
        return http.client.HTTPSConnection(NAME, self.port, timeout=PATIENCE, context=context)

    def ask(self, method, path, body=None, **headers):
        """As `Portal.ask`, through nginx."""
        line = self.line()
        try:
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            line.request(method, path, body, self.portal.headers(Origin=f"https://{NAME}", **headers))
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            line.close()

    def close(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(PATIENCE)
