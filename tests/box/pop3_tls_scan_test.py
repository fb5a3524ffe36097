#!/usr/bin/python3
"""pop3_tls_scan_test.py: what scanners find: nmap, and testssl.sh with VMAIL_SCAN=full (minutes).

Both are told that STLS is what the one port speaks, and have the other one from the first byte.
"""
import glob
import json
import xml.etree.ElementTree as xml

from pop3 import *

# What testssl finds that is no finding about us.
NO_FINDING = {"engine_problem"}         # Debian's openssl, which it asks with, has no GOST


def openssl(at, *words):
    got = run("/usr/bin/openssl", *words, cwd=at)
    assert got.status == 0, got


def signed(at, kind):
    """A certificate for localhost with its key, by an authority of our own, at/ca.pem: PEM text."""
    new = ("req", "-newkey", *kind, "-nodes")
    with open(f"{at}/extensions", "w") as f:
        f.write("subjectAltName = DNS:localhost\nkeyUsage = digitalSignature\nextendedKeyUsage = serverAuth\n"
                "basicConstraints = CA:FALSE\ncrlDistributionPoints = URI:http://ca.test/crl\n")
    openssl(at, *new, "-x509", "-days", 300, "-subj", "/CN=ca.test", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(at, *new, "-subj", "/CN=localhost", "-keyout", "key", "-out", "request")
    openssl(at, "x509", "-req", "-in", "request", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", 200,
            "-extfile", "extensions", "-out", "cert")
    with open(f"{at}/cert") as cert, open(f"{at}/key") as key:
        return cert.read() + key.read()


@once("what scanners find is how OpenSSL is set up")
class Scan(Pop3Test):
    def served(self, pem):
        """A scratch directory for the scanner; the ports for STLS and for --tls."""
        vmail = self.box(settings={"tls-certificate": "host.pem"})
        vmail.write("host.pem", pem, 0o600)
        return vmail.scratch, *(vmail.listen("vpop3d", *option, address="127.0.0.1")[1][1]
                                for option in ((), ("--tls",)))

    def test_nmap_finds_two_versions_and_nothing_below_an_a(self):
        at, *ports = self.served(certificate("localhost"))
        home = peer("nmap") + "/usr"
        data = f"{at}/nmap"
        shutil.copytree(f"{home}/share/nmap", data, symlinks=True, copy_function=os.symlink)
        os.unlink(f"{data}/nmap-services")
        with open(f"{data}/nmap-services", "w") as f:   # pop3 is what it knows STLS of
            f.write("pop3 %d/tcp 0.9\npop3s %d/tcp 0.9\n" % tuple(ports))
        [libraries] = glob.glob(f"{home}/lib/*-linux-*")
        got = run(f"{home}/bin/nmap", "--datadir", data, "-sT", "-Pn", "-n", "-p", "%d,%d" % tuple(ports),
                  "--script", "ssl-enum-ciphers", "-oX", "-", "127.0.0.1",
                  env={"LD_LIBRARY_PATH": f"{libraries}:{libraries}/blas", "LUA_CPATH": f"{libraries}/lua/5.3/?.so"})
        self.assertEqual(got.status, 0, got)
        found = xml.fromstring(got.stdout).findall(".//port")
        self.assertEqual([int(port.get("portid")) for port in found], sorted(ports))
        for port in found:
            script = port.find("script")
            self.assertIsNotNone(script, got)
            self.assertEqual({table.get("key") for table in script.findall("table")}, {"TLSv1.2", "TLSv1.3"})
            self.assertEqual({x.text for x in script.iterfind(".//elem[@key='strength']")}, {"A"})
            self.assertEqual({x.text for x in script.iterfind(".//table[@key='compressors']/elem")}, {"NULL"})
            self.assertIsNone(script.find(".//table[@key='warnings']"), got)
            self.assertEqual(script.find("elem[@key='least strength']").text, "A")

    def findings(self, at, ca, *words):
        """What testssl.sh says of it: {what: (severity, text)}."""
        place = peer("testssl")
        os.mkdir(f"{at}/tools")
        os.symlink("/bin/true", f"{at}/tools/dig")        # it insists on one, and asks it nothing
        got = run("/bin/bash", f"{place}/usr/bin/testssl", "--quiet", "--color", 0, "--warnings", "off", "-n", "none",
                  "--add-ca", ca, "--jsonfile", f"{at}/found", "--ip", "127.0.0.1", *words, seconds=1800,
                  env={"PATH": f"{at}/tools:{PATH}", "TESTSSL_INSTALL_DIR": f"{place}/etc/testssl"})
        self.assertLess(got.status, 50, got)            # so many were ambiguous: a client without a common cipher, say
        with open(f"{at}/found") as f:
            return {one["id"]: (one["severity"], one["finding"]) for one in json.load(f)}

    def scan(self, kind, is_tls):
        with tempfile.TemporaryDirectory(dir=SCRATCH) as authority:
            at, *ports = self.served(signed(authority, kind))
            found = self.findings(at, f"{authority}/ca.pem", *([] if is_tls else ["-t", "pop3"]),
                                  f"localhost:{ports[is_tls]}")
        worse = {what: said for what, said in found.items()
                 if said[0] not in ("OK", "INFO", "LOW", "DEBUG") and what not in NO_FINDING}
        self.assertEqual(worse, {})
        # It has seen us, and came to its end.
        for what in ("TLS1_2", "TLS1_3", "secure_renego", "secure_client_renego", "CRIME_TLS", "cert_trust",
                     "cert_chain_of_trust", "heartbleed", "CCS", "LUCKY13", "RC4"):
            self.assertEqual(found[what][0], "OK", what)
        for what in ("SSLv2", "SSLv3", "TLS1", "TLS1_1"):
            self.assertIn("not offered", found[what][1])
        self.assertIn("scanTime", found)
        print(f"# {len(found)} findings, none above LOW")

    only_full = only_where(os.environ.get("VMAIL_SCAN") == "full")

    @only_full
    def test_testssl_finds_nothing_under_tls_with_an_elliptic_key(self):
        self.scan(("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"), True)

    @only_full
    def test_testssl_finds_nothing_under_stls_with_an_rsa_key(self):
        self.scan(("rsa:2048",), False)


if __name__ == "__main__":
    main()
