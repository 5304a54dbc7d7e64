"""Real nginx, Caddy and Apache with TLS in front of a server, each site on a port of its own."""

from __future__ import annotations

import datetime
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from asgi_project.topology.processes import free_ports
from tests.support.processes import TIMEOUT

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
    {sites}
}}
"""
NGINX_SITE = """
    server {{
        listen 127.0.0.1:{port} {tls};
        {site}
        location / {{
            proxy_pass http://{upstream};
            include {folder}/{name}.conf*;
        }}
    }}
"""
CADDY = """
{{
    admin off
    grace_period 1s
    auto_https disable_redirects
    storage file_system {folder}/caddy
}}
{sites}
"""
CADDY_SITE = """
https://localhost:{port} {{
    tls {folder}/certificate.pem {folder}/key.pem
    import {folder}/{name}.conf
}}
"""
APACHE_MODULES = (
    "mpm_event",
    "authz_core",
    "proxy",
    "proxy_http",
    "headers",
    "env",
    "ssl",
)
APACHE = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
{modules}
{sites}
"""
APACHE_SITE = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    SSLEngine on
    SSLCertificateFile {folder}/certificate.pem
    SSLCertificateKeyFile {folder}/key.pem
    Include {folder}/{name}.conf
</VirtualHost>
"""


@dataclass(frozen=True)
class Certificate:
    """A certificate of localhost that signs itself."""

    path: Path

    @classmethod
    def create(cls, folder: Path) -> Self:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        secret = key.private_bytes(pem, form, serialization.NoEncryption())
        (folder / "key.pem").write_bytes(secret)
        path = folder / "certificate.pem"
        path.write_bytes(certificate.public_bytes(pem))
        return cls(path)


class Proxy:
    """A proxy with several sites in front of one server, as a context.

    `sites` has the text of each site by its name. The lines in `<name>.conf` of the folder
    belong to its site too: nginx reads them in its location block, Caddy in its site block.
    """

    program: str
    package: str

    def __init__(
        self, folder: Path, upstream: str, sites: Mapping[str, str], *, has_tls: bool = True
    ) -> None:
        self.folder, self.upstream, self.sites, self.has_tls = folder, upstream, sites, has_tls
        self.ports = dict(zip(sites, free_ports(len(sites)), strict=True))
        self.certificate = Certificate.create(folder)

    @classmethod
    def is_installed(cls) -> bool:
        return cls._path() is not None

    @classmethod
    def _path(cls) -> str | None:
        # /usr/sbin is not in the PATH of every user.
        return shutil.which(cls.program) or shutil.which(f"/usr/sbin/{cls.program}")

    def url(self, site: str) -> str:
        """Return the URL of a site."""
        return f"{'https' if self.has_tls else 'http'}://localhost:{self.ports[site]}"

    def write(self, site: str, lines: str) -> None:
        """Put lines into the configuration of a site; they count from the next start."""
        (self.folder / f"{site}.conf").write_text(lines)

    def configuration(self) -> Path:
        """Write the configuration and return its path."""
        raise NotImplementedError

    def command(self, path: Path) -> list[str]:
        raise NotImplementedError

    def __enter__(self) -> Self:
        program = self._path()
        assert program is not None
        self.log = self.folder / "output.log"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [program, *self.command(self.configuration())],
                stdout=log,
                stderr=log,
                env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin"},
            )
        for port in self.ports.values():
            self._wait(port)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(TIMEOUT)

    def _wait(self, port: int) -> None:
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(f"{self.program} does not start:\n{self.log.read_text()}")


class Nginx(Proxy):
    """Debian's nginx. The text of a site stands in its server block."""

    program, package = "nginx", "nginx-light"

    def configuration(self) -> Path:
        sites = "".join(
            NGINX_SITE.format(
                name=name,
                site=site,
                port=self.ports[name],
                folder=self.folder,
                upstream=self.upstream,
                tls="ssl" if self.has_tls else "",
            )
            for name, site in self.sites.items()
        )
        path = self.folder / "nginx.conf"
        path.write_text(NGINX.format(folder=self.folder, sites=sites))
        return path

    def command(self, path: Path) -> list[str]:
        return ["-c", str(path), "-e", str(self.folder / "error.log")]


class _ReplacedSites(Proxy):
    """A proxy for which the lines that are written replace the text of a site."""

    def write_sites(self, template: str) -> str:
        """Write the text of each site that has no lines yet; return all blocks."""
        for name, site in self.sites.items():
            if not (self.folder / f"{name}.conf").exists():
                self.write(name, site)
        return "".join(
            template.format(name=name, port=port, folder=self.folder)
            for name, port in self.ports.items()
        )


class Caddy(_ReplacedSites):
    """Debian's Caddy. The text of a site is its reverse_proxy."""

    program = package = "caddy"

    def configuration(self) -> Path:
        path = self.folder / "Caddyfile"
        path.write_text(CADDY.format(folder=self.folder, sites=self.write_sites(CADDY_SITE)))
        return path

    def command(self, path: Path) -> list[str]:
        return ["run", "--config", str(path), "--adapter", "caddyfile"]


class Apache(_ReplacedSites):
    """Debian's Apache. The text of a site is what a VirtualHost has for its proxy."""

    program = package = "apache2"

    def configuration(self) -> Path:
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
            for name in APACHE_MODULES
        )
        sites = self.write_sites(APACHE_SITE)
        path = self.folder / "apache.conf"
        path.write_text(APACHE.format(folder=self.folder, modules=modules, sites=sites))
        return path

    def command(self, path: Path) -> list[str]:
        return ["-DFOREGROUND", "-f", str(path)]
