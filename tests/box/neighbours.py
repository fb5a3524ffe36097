"""neighbours.py: a machine of its own, on which the real programs beside us run.

    from neighbours import *        # instead of harness

    class Mail(MachineTest):        # needs root
        packages = ("postfix",)

        def test_...(self):
            self.sh("cp /usr/local/share/vmail/... /etc/...")

Importing this as root puts the test file into network, process and host name
namespaces, and into a root directory of its own: "make install" has been done
there (below /usr/local, /etc/vmail ...), users can be added, port 25 and 110
are free, and nothing outlives the test.  Templates are used as they ship.

    /usr, /bin, /lib    the machine's own, by links, but that peers of "make
                        deps" can be installed (machine/apt-get)
    /etc                the same; passwd, group, shadow, hosts ... are new
    /var, /run, /home   empty, with /var/log/mail.log (Syslog)

apt-get, make, systemctl and hostnamectl are stand-ins, in tests/box/machine: see there.
Commands that start something find them first in PATH.

start_vpop3d() starts vpop3d below each of Starter.NAMES; submit() and CLIENTS send
and fetch real mail.
"""
import os
import sys


def enter_namespaces():
    """As root: starts this program again where it has its own network and processes.

    A shell is process 1: it reaps what others leave behind.
    """
    if os.geteuid() == 0 and "VMAIL_NAMESPACES" not in os.environ:
        os.environ["VMAIL_NAMESPACES"] = "entered"
        sys.stdout.flush()
        os.execvp("unshare", ["unshare", "--net", "--uts", "--pid", "--fork", "--kill-child",
                              "--mount-proc", "sh", "-c",
                              'ip link set lo up && hostname mail.main.test && "$@"; exit $?',
                              "sh", *sys.orig_argv])


enter_namespaces()

from harness import *                       # noqa: E402  in its mount namespace
import contextlib                           # noqa: E402
import poplib                               # noqa: E402
import smtplib                              # noqa: E402
import struct                               # noqa: E402
import ssl                                  # noqa: E402
import threading                            # noqa: E402

STAND_INS = os.path.join(TREE, "tests", "box", "machine")
PEER_NAMES = ("popa3d", "postfix", "dovecot", "xinetd", "openbsd-inetd", "fetchmail", "logrotate", "fail2ban",
              "exim", "sendmail", "procmail", "opensmtpd")
TEMPLATES = "/usr/local/share/vmail"
HOST = "mail.main.test"                     # its name; main.test is the main domain
MACHINE_PATH = f"{STAND_INS}:{PATH}"
LONG = 120                                  # seconds: many messages, on a busy machine


# --- the root directory ------------------------------------------------------

def mount(*args):
    subprocess.run(["mount", *args], check=True)


def unfold(path, origin):
    """A directory of links to all that is in another one."""
    os.makedirs(path, exist_ok=True)
    for name in os.listdir(origin):
        os.symlink(os.path.join("/.host", origin.lstrip("/"), name), os.path.join(path, name))


def own(root, path, text, mode=0o644):
    """A file of the new root, in place of a link."""
    path = root + path
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def fill_usr(root):
    unfold(root + "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "libexec", "share", "local"):
        if os.path.islink(f"{root}/usr/{name}"):
            os.unlink(f"{root}/usr/{name}")
            if name != "local":
                unfold(f"{root}/usr/{name}", f"/usr/{name}")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if os.path.islink(f"/{name}"):
            os.symlink(f"usr/{name}", f"{root}/{name}")
        elif os.path.isdir(f"/{name}"):
            os.symlink(f"/.host/{name}", f"{root}/{name}")
    os.makedirs(root + "/usr/local")


def fill_etc(root):
    unfold(root + "/etc", "/etc")
    own(root, "/etc/passwd", PASSWD)
    own(root, "/etc/group", GROUP)
    own(root, "/etc/shadow", "".join(f"{line.split(':')[0]}:*:19000:0:99999:7:::\n"
                                     for line in PASSWD.splitlines()), 0o600)
    own(root, "/etc/gshadow", "".join(f"{line.split(':')[0]}:*::\n"
                                      for line in GROUP.splitlines()), 0o600)
    own(root, "/etc/hosts", HOSTS + f"127.0.0.1 {HOST}\n")
    own(root, "/etc/hostname", HOST + "\n")
    own(root, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions attempts:1 timeout:1\n")
    own(root, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
    own(root, "/etc/subuid", "")
    own(root, "/etc/subgid", "")
    for name in (".pwd.lock", "passwd-", "group-", "shadow-", "gshadow-", "aliases", "mailname",
                 "subuid-", "subgid-", "inetd.conf", "hosts.allow", "hosts.deny", "xinetd.conf", "postfix",
                 "vmail", "xinetd.d", "systemd", "logrotate.d", "fail2ban", "dovecot", "exim4", "mail",
                 "mail.rc", "smtpd.conf", "email-addresses"):
        if os.path.lexists(f"{root}/etc/{name}"):
            os.unlink(f"{root}/etc/{name}")
    os.makedirs(root + "/etc/systemd/system")
    for peer in os.listdir(PEERS) if os.path.isdir(PEERS) else ():
        for at, names, _ in os.walk(f"{PEERS}/{peer}/etc"):
            for name in names:
                path = os.path.join(at, name).removeprefix(f"{PEERS}/{peer}")
                if os.path.isdir(path) and os.path.islink(root + path):
                    os.unlink(root + path)  # a package adds to it
                    unfold(root + path, path)


def fill_dev(root):
    os.makedirs(root + "/dev/shm", mode=0o1777)
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        own(root, f"/dev/{name}", "")
        mount("--bind", f"/dev/{name}", f"{root}/dev/{name}")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"),
                         ("stderr", "fd/2")):
        os.symlink(target, f"{root}/dev/{name}")


def fill_rest(root):
    for name, mode in (("home", 0o755), ("root", 0o700), ("run", 0o755), ("tmp", 0o1777),
                       ("srv", 0o755), ("var/lib", 0o755), ("var/log", 0o755), ("var/cache", 0o755),
                       ("var/mail", 0o2775), ("var/spool", 0o755), ("var/tmp", 0o1777)):
        os.makedirs(f"{root}/{name}", exist_ok=True)
        os.chmod(f"{root}/{name}", mode)
    os.chown(root + "/var/mail", 0, 8)
    os.symlink("/run", root + "/var/run")
    os.symlink("/.host/var/lib/dpkg", root + "/var/lib/dpkg")
    # sys.base_prefix: the interpreter, which loads modules later on.
    for path in ("/proc", "/sys", TREE, BIN, SCRATCH, sys.base_prefix):
        if os.path.isdir(path) and not os.path.isdir(root + path):
            os.makedirs(root + path)
            mount("--rbind" if path in ("/proc", "/sys") else "--bind", path, root + path)


def enter_machine():
    """Makes the root directory and enters it; at the end harness finds its own world again."""
    root = os.path.join(SCRATCH, "root")
    os.makedirs(root + "/.host")
    mount("--bind", root, root)
    mount("--rbind", "/", root + "/.host")
    mount("-o", "remount,bind,ro", root + "/.host")
    for fill in (fill_usr, fill_etc, fill_dev, fill_rest):
        fill(root)
    before = os.open("/", os.O_RDONLY | os.O_DIRECTORY)

    def leave():
        os.fchdir(before)
        os.chroot(".")

    atexit.register(leave)
    os.chroot(root)
    os.chdir("/")


# --- commands ----------------------------------------------------------------

def machine_environment():
    return environment({"PATH": MACHINE_PATH, "VMAIL_OUT": os.path.dirname(BIN), "HOME": "/root",
                        "LANG": "C.UTF-8"})


def sh(script, status=0, seconds=LONG):
    """Runs a piece of shell as root, as an administrator types it; returns what it printed."""
    done = subprocess.run(["sh", "-eu", "-c", script], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds,
                          env=machine_environment(), cwd="/root", check=False)
    if done.returncode != status:
        raise AssertionError(f"status {done.returncode}, not {status}: {script}\n{done.stdout}")
    return done.stdout


def template(name):
    """The text of a piece of configuration, as it was installed."""
    with open(os.path.join(TEMPLATES, name)) as f:
        return f.read()


def put(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


# --- the log -----------------------------------------------------------------

class Syslog:
    """Takes what programs tell /dev/log into /var/log/mail.log, and waits for lines of it."""
    PATH = "/var/log/mail.log"

    def __init__(self):
        self.text = ""
        self.changed = threading.Condition()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.listener = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        room = socket.CMSG_SPACE(struct.calcsize("3i"))
        while True:
            data, [(_, _, credentials), *_], _, _ = self.socket.recvmsg(65536, room)
            if self.listener:
                self.listener(data, struct.unpack("3i", credentials))
            line = data.decode("utf-8", "backslashreplace").rstrip("\0\n")
            line = re.sub(r"^<\d+>(.{15}) ", rf"\1 {HOST.split('.')[0]} ", line, flags=re.S)
            with self.changed:
                with open(self.PATH, "a") as f:
                    f.write(line + "\n")
                self.text += line + "\n"
                self.changed.notify_all()

    @contextlib.contextmanager
    def told(self, listener):
        """Calls listener(line, (pid, uid, gid)) for what comes, before it is in the log."""
        self.listener = listener
        try:
            yield
        finally:
            self.listener = None

    def mark(self):
        """Where the log ends now."""
        with self.changed:
            return len(self.text)

    def since(self, mark):
        with self.changed:
            return self.text[mark:]

    def wait(self, pattern, since=0, count=1, seconds=LONG):
        """Waits for that many lines that the pattern is found in; returns the matches."""
        deadline = Deadline(seconds)
        with self.changed:
            while True:
                found = list(re.finditer(pattern, self.text[since:], re.M))
                if len(found) >= count:
                    return found
                if not self.changed.wait(deadline.left()) and deadline.left() == 0:
                    raise AssertionError(f"{len(found)} of {count} lines {pattern!r} by the "
                                         f"deadline; the log:\n{self.text[since:][-8000:]}")


# --- who starts vpop3d -------------------------------------------------------

def put_native(unit, words):
    """The drop-in that the unit's comment shows, with these words in place of popa3d."""
    [drop_in] = re.findall(r"((?:^#\t.*\n)+)", template(f"systemd/{unit}"), re.M)
    put(f"/etc/systemd/system/{unit}.d/override.conf",
        drop_in.replace("#\t", "").replace(Starter.NATIVE, words))



class Starter:
    """vpop3d below inetd (or, behind that, tcpd), xinetd or systemd-socket-activate, by our templates: 110
    and 995.

    As the templates say it, options and, unless native=False, a native pop3d are
    given to the vpop3d of port 110, and the lines for port 995 are switched on.
    """
    NAMES = ("inetd", "xinetd", "systemd")
    PACKAGES = {"inetd": "openbsd-inetd", "tcpd": "openbsd-inetd tcpd", "xinetd": "xinetd", "systemd": "systemd"}
    PORTS = (110, 995)
    NATIVE = "/usr/sbin/popa3d"

    def __init__(self, name, options=(), native=True):
        self.words = " ".join([*options, *([self.NATIVE] if native else [])])
        self.process = None
        sh(f"apt-get install -y {self.PACKAGES[name]}")
        getattr(self, "_" + name)()
        eventually(lambda: self.process is not None and self.process.poll() is not None
                   or all(map(listens, self.PORTS)), f"{name} listening")

    def _spawn(self, *argv):
        with open("/var/log/starter.log", "ab") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=machine_environment(), start_new_session=True)

    def _tcpd(self):
        behind = re.search("^# With tcpd: .*?( root .*)$", template("inetd.conf"), re.M)[1]
        self._inetd(lambda text: text.replace("\troot\t/usr/local/sbin/vpop3d vpop3d", behind), ["-i"])

    def _inetd(self, change=str, options=("-i", "-l")):
        text = change(re.sub("(?m)^#(pop3s\t)", r"\1", template("inetd.conf")))
        put("/etc/inetd.conf", re.sub("(?m)^(pop3\t.*)", rf"\1 {self.words}", text))
        self._spawn("inetd", *options, "/etc/inetd.conf")

    def _xinetd(self):
        text = template("xinetd.d/pop3")
        if self.words:
            text = text.replace(f"#\tserver_args\t= {self.NATIVE}\n", f"\tserver_args\t= {self.words}\n")
        put("/etc/xinetd.d/pop3", text)
        put("/etc/xinetd.d/pop3s", template("xinetd.d/pop3s"))
        self._spawn("xinetd", "-dontfork", "-f", "/etc/xinetd.conf")

    def _systemd(self):
        for name in "vpop3d.socket", "vpop3d@.service", "vpop3s.socket", "vpop3s@.service":
            put(f"/etc/systemd/system/{name}", template(f"systemd/{name}"))
        put_native("vpop3d@.service", self.words)
        sh("systemctl enable --now vpop3d.socket vpop3s.socket")

    def stop(self):
        if self.process is None:
            sh("systemctl disable --now vpop3d.socket vpop3s.socket")
        else:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(DEADLINE)
        eventually(lambda: not any(map(listens, self.PORTS)), "the ports free again")


def start_vpop3d(test, name, options=(), native=True):
    """vpop3d below one of Starter.NAMES, to the test's end; see Starter."""
    starter = Starter(name, options, native)
    test.addCleanup(starter.stop)
    return starter


def listens(port):
    """Whether somebody listens on the TCP port; nobody is connected to."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            with open(table) as f:
                if re.search(r":%04X [0-9A-F]+:0000 0A" % port, f.read()):
                    return True
    return False


# --- mail --------------------------------------------------------------------

def message(subject, body="hello\n"):
    return f"From: s@far.test\nSubject: {subject}\n\n{body}"


def submit(recipients, text, sender="sender@far.test", options=()):
    """Hands a message to the MTA by SMTP, MAIL with options; returns its queue id."""
    if isinstance(recipients, str):
        recipients = [recipients]
    with smtplib.SMTP("127.0.0.1", 25, local_hostname="client.test", timeout=LONG) as smtp:
        smtp.ehlo_or_helo_if_needed()
        if "SMTPUTF8" in options:
            smtp.command_encoding = "utf-8"
        for code, words in (smtp.mail(sender, options), *(smtp.rcpt(r) for r in recipients)):
            if code != 250:
                raise smtplib.SMTPResponseException(code, words)
        code, words = smtp.data(text)
        if code != 250:
            raise smtplib.SMTPResponseException(code, words)
        return words.decode().split()[-1]


def refusal(recipient, sender="sender@far.test"):
    """What the MTA answers to RCPT: (code, words)."""
    with smtplib.SMTP("127.0.0.1", 25, local_hostname="client.test", timeout=LONG) as smtp:
        smtp.ehlo_or_helo_if_needed()
        smtp.mail(sender)
        code, words = smtp.rcpt(recipient)
        return code, words.decode()


def queue():
    """The MTA's queue: [(queue id, sender)]."""
    return re.findall(r"^([0-9A-Za-z]{6,})[*!]?\s.*\s(\S+)$", sh("postqueue -p"), re.M)


class Tls:
    """How a client secures its session: "stls" on port 110, or "tls" on port 995.

    It then connects to a name, and believes one certificate alone, for that name.
    """
    def __init__(self, mode, authority):
        self.mode, self.authority = mode, authority


def fetch_by_curl(host, user, password, tls=None):
    words = f"curl -qsS -u '{user}:{password}'"
    url = f"pop3://{host}/"
    if tls:
        words += f" --ssl-reqd --cacert {tls.authority}"
        url = f"pop3s://{host}/" if tls.mode == "tls" else url
    return [sh(f"{words} {url}{number}") for number in sh(f"{words} {url}").split()[::2]]


def fetch_by_poplib(host, user, password, tls=None):
    context = ssl.create_default_context(cafile=tls.authority) if tls else None
    if tls and tls.mode == "tls":
        pop = poplib.POP3_SSL(host, 995, timeout=DEADLINE, context=context)
    else:
        pop = poplib.POP3(host, 110, timeout=DEADLINE)
        if tls:
            pop.stls(context)
    pop.user(user)
    pop.pass_(password)
    found = ["\n".join(line.decode("latin-1") for line in pop.retr(number + 1)[1]) + "\n"
             for number in range(pop.stat()[0])]
    pop.quit()
    return found


def fetch_by_fetchmail(host, user, password, tls=None, keep="keep"):
    """All messages, which stay on the server ("no keep": which do not).

    fetchmail hands each to a command.
    """
    place = tempfile.mkdtemp(dir="/root")
    how = 'sslproto ""'
    if tls:
        how = f"sslproto TLS1.2+ sslcertck sslcertfile {tls.authority}"
        how += " ssl" if tls.mode == "tls" else ""
    put(f"{place}/rc", f'poll {host} protocol pop3 auth password user "{user}" '
        f'password "{password}" {how} {keep} fetchall mda "cat > $(mktemp {place}/message.XXXXXX)"\n',
        0o600)
    sh(f"apt-get install -y fetchmail; HOME={place} fetchmail --nosyslog -f {place}/rc "
       f"--idfile {place}/ids --pidfile {place}/pid")
    found = []
    paths = [f"{place}/{name}" for name in os.listdir(place) if name.startswith("message.")]
    for path in sorted(paths, key=lambda path: os.stat(path).st_mtime_ns):
        with open(path, encoding="latin-1") as f:
            found.append(f.read())
    shutil.rmtree(place)
    return found


CLIENTS = {"curl": fetch_by_curl, "fetchmail": fetch_by_fetchmail, "poplib": fetch_by_poplib}


# --- tests -------------------------------------------------------------------

LOG = None


@needs_root
class MachineTest(BoxTest):
    """Tests on the machine.  packages are installed once; /etc/vmail begins empty."""
    packages = ()

    @classmethod
    def setUpClass(cls):
        absent = [name for name in PEER_NAMES if not os.path.isdir(os.path.join(PEERS, name))]
        if absent:
            raise unittest.SkipTest(f"no {' '.join(absent)}: make deps")
        for path in ("/etc/vmail", "/var/spool/vmail", "/var/lib/vmail", "/vhome"):
            if os.path.isdir(path):
                shutil.rmtree(path)
        sh("make install")
        os.makedirs("/etc/vmail", exist_ok=True)
        if cls.packages:
            sh("apt-get install -y " + " ".join(cls.packages))

    def setUp(self):
        self.before = LOG.mark()

    def wait_log(self, pattern, count=1, seconds=LONG):
        """Waits for lines that were logged since the test began."""
        return LOG.wait(pattern, self.before, count, seconds)


if ROOT:
    enter_machine()
    LOG = Syslog()
