"""Certificates for servers of the tests, by openssl: of an authority, out of their time, alone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.servers import find

#: When a certificate begins and ends, as ``openssl ca`` has it.
NOW = ("20250101000000Z", "20990101000000Z")
PAST = ("20250101000000Z", "20250201000000Z")
FUTURE = ("20980101000000Z", "20990101000000Z")
AUTHORITY = "basicConstraints=critical,CA:TRUE"
_CONFIGURATION = """
[ca]
default_ca = tests
[tests]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
"""


class Certificates:
    """A folder of certificates, ``NAME.pem`` with ``NAME.key``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self._openssl = folder, find("openssl")
        (folder / "ca.cnf").write_text(_CONFIGURATION)
        (folder / "index.txt").touch()

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def alone(self, name: str, extension: str) -> None:
        """Make a certificate that signs itself."""
        self._run(f"req -x509 -days 2 -addext {extension} {self._key(name)} -out {name}.pem")

    def signed(
        self, name: str, extension: str, by: str, when: tuple[str, str] = NOW, chain: str = ""
    ) -> None:
        """Make one that another signs; ``chain`` names what stands behind it in its file."""
        self._run(f"req {self._key(name)} -out {name}.csr")
        (self.folder / f"{name}.ext").write_text(extension)
        self._run(
            f"ca -config ca.cnf -batch -notext -in {name}.csr -out {name}.pem -cert {by}.pem "
            f"-keyfile {by}.key -extfile {name}.ext -startdate {when[0]} -enddate {when[1]}"
        )
        for each in chain.split():
            self._append(name, each)

    def without_chain(self, name: str, full: str) -> None:
        """Make a copy of one, without what stands behind it."""
        first, end, _ = self.path(full).read_text().partition("-----END CERTIFICATE-----\n")
        self.path(name).write_text(first + end)
        shutil.copy(self.folder / f"{full}.key", self.folder / f"{name}.key")

    def _append(self, name: str, other: str) -> None:
        with self.path(name).open("a") as file:
            file.write(self.path(other).read_text())

    def _key(self, name: str) -> str:
        return (
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
            f"-subj /CN={name} -keyout {name}.key"
        )

    def _run(self, arguments: str) -> None:
        subprocess.run(
            [self._openssl, *arguments.split()], cwd=self.folder, check=True, capture_output=True
        )
