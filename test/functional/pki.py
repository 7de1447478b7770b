# SPDX-License-Identifier: MIT
"""Certificates of any kind, made with openssl: also those which `taskd setup` never makes."""

import os
import subprocess

CONFIG = """
[ca]
default_ca = authority
[authority]
dir = {dir}
database = {dir}/index.txt
new_certs_dir = {dir}
certificate = {dir}/ca.pem
private_key = {dir}/ca.key.pem
rand_serial = yes
crlnumber = {dir}/crlnumber
default_md = sha256
default_days = 3650
default_crl_days = 3650
unique_subject = no
policy = anything
[anything]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority_extensions]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server_extensions]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,IP:127.0.0.1
[client_extensions]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = clientAuth
"""

KEYS = {
    "ecdsa": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ed25519": ["-algorithm", "ED25519"],
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Authority:
    """A CA in its own folder; certificates as PEM files beside it."""

    def __init__(self, folder, name="Test CA", algorithm="ecdsa"):
        self.folder = folder
        os.makedirs(folder)
        self.config = self.path("openssl.cnf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(dir=folder))
        for empty in ("index.txt", "index.txt.attr"):
            open(self.path(empty), "w", encoding="utf-8").close()
        with open(self.path("crlnumber"), "w", encoding="utf-8") as file:
            file.write("01\n")
        self.cert = self.path("ca.pem")
        self.key = self.path("ca.key.pem")
        self.make_key(self.key, algorithm)
        openssl("req", "-x509", "-new", "-config", self.config, "-key", self.key, "-days", "3650",
                "-subj", f"/CN={name}", "-extensions", "authority_extensions", "-out", self.cert)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_key(self, path, algorithm):
        openssl("genpkey", *KEYS[algorithm], "-out", path)

    def issue(self, name, kind="client", algorithm="ecdsa", start=None, end=None, pkcs1=False):
        """Make NAME.pem and NAME.key.pem; dates as YYYYMMDDHHMMSSZ. Returns both paths."""
        cert, key, request = (self.path(name + end_) for end_ in (".pem", ".key.pem", ".csr"))
        self.make_key(key, algorithm)
        openssl("req", "-new", "-config", self.config, "-key", key, "-subj", f"/CN={name}",
                "-out", request)
        dates = (["-startdate", start] if start else []) + (["-enddate", end] if end else [])
        openssl("ca", "-batch", "-notext", "-config", self.config, "-extensions",
                f"{kind}_extensions", *dates, "-in", request, "-out", cert)
        if pkcs1:
            openssl("rsa", "-in", key, "-traditional", "-out", key)
        return cert, key

    def revoke(self, cert):
        openssl("ca", "-config", self.config, "-revoke", cert)

    def crl(self):
        """Make the list of what is revoked; returns its path."""
        path = self.path("crl.pem")
        openssl("ca", "-config", self.config, "-gencrl", "-out", path)
        return path
