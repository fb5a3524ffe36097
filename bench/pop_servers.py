"""pop_servers: the POP3 servers that bench/pop compares, each with mailboxes of its own."""
import contextlib
import crypt
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

from candidates import AS_ROOT, DOMAINS, FIRST_UID, GID, run

PEERS = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "out", "peers"))
ADDRESS, DOMAIN, PASSWORD = "127.0.0.1", DOMAINS["mbox"], "secret"
LOGINS = 64                                 # accounts for logins with each kind of hash
BEGIN = 60                                  # seconds for a server to listen
SLOW = 3                                    # seconds of a batch
SILENCE = 3                                 # seconds that sessions are idle before they are measured
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C",
               **{k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}}
HASHES = {"cheap": crypt.crypt(PASSWORD, "ab"), "yescrypt": crypt.crypt(PASSWORD, "$y$j9T$benchbenchbenchbenchb1")}
XINETD = f"{PEERS}/xinetd/usr/sbin/xinetd"


def free_port():
    """Not one of those that connections get by chance."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as s:
            port = random.randrange(10000, 30000)
            s.bind((ADDRESS, port))
            return port


def is_served(port):
    """Whether somebody there greets."""
    try:
        with socket.create_connection((ADDRESS, port), BEGIN) as probe:
            return probe.recv(1) == b"+"
    except ConnectionError:
        return False


def descendants(pid):
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as f:
                children.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = [pid]
    for one in found:
        found += children.get(one, ())
    return found


def pss_of(pid):
    """Proportional set size in kB; of a process that is ending, none."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    except (FileNotFoundError, ProcessLookupError, PermissionError, StopIteration):
        return 0


class Server:
    """A program that serves POP3; all that it has lies below .top.  The accounts are those of .accounts
    {name: kind of hash}, and .inbox(name) is the mailbox of one; .kinds are those that it knows."""
    kinds = ("mbox", "maildir")
    name = None
    is_ours = True

    def __init__(self, build, top, accounts):
        self.build, self.top, self.accounts = build, top, accounts
        self.figures, self.slow, self.processes = {}, set(), []
        self.port = self.inetd_port = None
        os.makedirs(f"{top}/mail")
        os.chmod(f"{top}/mail", 0o1777)
        self.furnish()

    def write(self, name, text):
        with open(f"{self.top}/{name}", "w") as f:
            f.write(text)

    def ids(self, name):
        return (FIRST_UID + list(self.accounts).index(name), GID) if AS_ROOT else (os.getuid(), os.getgid())

    def login(self, name):
        return name

    def inbox(self, name):
        return f"{self.top}/mail/{name}"

    def forget(self, name):
        """What was remembered of a mailbox."""

    # its processes

    def begin(self, argv, port, environment=()):
        process = subprocess.Popen(argv, env=ENVIRONMENT | dict(environment), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL)
        self.processes.append(process)
        end = time.monotonic() + BEGIN
        while not is_served(port):
            if process.poll() is not None or time.monotonic() > end:
                sys.exit(f"bench: {argv} does not serve {port}")
            time.sleep(0.02)
        return port

    def by_xinetd(self, program, arguments, environment="", words=()):
        """words: what starts xinetd in a place of its own."""
        port = free_port()
        self.write(f"xinetd-{port}", f"""defaults
{{
    instances = UNLIMITED
    per_source = UNLIMITED
    cps = 1000000 1
}}
service pop3
{{
    type = UNLISTED
    socket_type = stream
    protocol = tcp
    wait = no
    user = root
    bind = {ADDRESS}
    port = {port}
    server = {program}
    {f"server_args = {arguments}" if arguments else ""}
    {environment}
}}
""")
        return self.begin([*words, XINETD, "-dontfork", "-f", f"{self.top}/xinetd-{port}",
                           "-pidfile", f"{self.top}/xinetd-{port}.pid"], port)

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait()

    # its mailboxes

    def put(self, name, kind, messages):
        inbox = self.inbox(name)
        if kind == "mbox":
            with open(inbox, "wb", 1 << 20) as f:
                for message in messages:
                    f.write(b"From sender@example.net Fri Nov 20 10:00:00 2026\n" + message + b"\n")
        else:
            for part in ("tmp", "new", "cur"):
                os.makedirs(f"{inbox}/{part}")
            for n, message in enumerate(messages):
                sizes = f"S={len(message)},W={len(message) + message.count(10)}"
                with open(f"{inbox}/cur/{1700000000 + n}.M{n}P1.bench,{sizes}:2,", "wb", 0) as f:
                    f.write(message)
        if AS_ROOT:
            run(["chown", "-R", ":".join(map(str, self.ids(name))), inbox], ENVIRONMENT)
            os.chmod(inbox, 0o700 if kind == "maildir" else 0o600)

    # what is measured

    def drive(self, mode, name, *numbers, port=None):
        return float(run([f"{self.build}/bench/pop_drive", mode, ADDRESS, str(port or self.port), self.login(name),
                          PASSWORD, *map(str, numbers)], ENVIRONMENT).stdout)

    def note(self, row, figure, seconds):
        self.figures.setdefault(row, []).append(figure)
        if seconds > SLOW:
            self.slow.add(row)

    def figure(self, row):
        return statistics.median(self.figures[row]) if row in self.figures else None

    def memory(self):
        return sum(pss_of(pid) for process in self.processes for pid in descendants(process.pid))

    def idle_session(self, count):
        """kB of each of so many."""
        before = self.memory()
        client = subprocess.Popen([f"{self.build}/bench/pop_drive", "idle", ADDRESS, str(self.port),
                                   self.login("user%d"), PASSWORD, str(count)],
                                  env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if client.stdout.readline().strip() != str(count).encode():
            sys.exit(f"bench: {self.name}: no {count} sessions at once")
        time.sleep(SILENCE)
        used = self.memory() - before
        client.communicate()
        return used / count


class Vpop3d(Server):
    name = "vpop3d"

    def furnish(self):
        for name in ("etc", "homes"):
            os.mkdir(f"{self.top}/{name}", 0o755)
        os.chmod(f"{self.top}/mail", 0o755)
        self.write("etc/vmail.conf", "main-domain = main.example\nhostname = host.main.example\n"
                   "spool = ../mail\nhomes = ../homes\nstate = ../state\nlog = mail\ndomain-from = login\n"
                   "max-connections = 2000\nmax-connections-per-peer = 2000\n")
        uid, gid = self.ids(next(iter(self.accounts)))
        rights = f"gid = {gid}" if AS_ROOT else f"owner = {uid}:{gid}"
        self.write(f"etc/domain.{DOMAIN}", f"{rights}\nrequire-tls = no\n")
        self.write(f"etc/passwd.{DOMAIN}", "".join(
            f"{name}:x:{self.ids(name)[0]}:{gid}::{self.top}/homes/{name}:/bin/false\n" for name in self.accounts))
        self.write(f"etc/shadow.{DOMAIN}", "".join(
            f"{name}:{HASHES[kind]}:19000:0:99999:7:::\n" for name, kind in self.accounts.items()))
        os.chmod(f"{self.top}/etc/shadow.{DOMAIN}", 0o600)
        spool = f"{self.top}/mail/{DOMAIN}"
        os.mkdir(spool)
        if AS_ROOT:
            os.chown(spool, 0, GID)
            os.chmod(spool, 0o3770)

    def start(self):
        program, port = f"{self.build}/bin/vpop3d", free_port()
        self.port = self.begin([program, "-C", f"{self.top}/etc", "--listen", f"{ADDRESS}:{port}"], port)
        if AS_ROOT and os.path.exists(XINETD):
            self.inetd_port = self.by_xinetd(program, f"-C {self.top}/etc")

    def login(self, name):
        return f"{name}@{DOMAIN}"

    def inbox(self, name):
        return f"{self.top}/mail/{DOMAIN}/{name}"

    def forget(self, name):
        path = f"{self.top}/mail/{DOMAIN}/.{name}.cache"
        if os.path.exists(path):
            os.unlink(path)


class Floor(Server):
    name = "floor"

    def furnish(self):
        pass

    def start(self):
        program, port = f"{self.build}/bench/pop_floor", free_port()
        self.port = self.begin([program, f"{self.top}/mail", ADDRESS, str(port)], port)
        if AS_ROOT and os.path.exists(XINETD):
            self.inetd_port = self.by_xinetd(program, f"{self.top}/mail")

    def put(self, name, kind, messages):
        """As RETR sends the first one."""
        messages = list(messages)
        super().put(name, kind, messages)
        with open(f"{self.inbox(name)}.wire", "wb") as f:
            f.write(messages[0].replace(b"\n", b"\r\n") + b".\r\n")


class Apart(Server):
    """As root, in a mount namespace where it finds its programs and settings where it looks for them, and
    in one of processes, which end with it."""
    APART = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "sh", "-euc"]
    is_ours = False

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


class Dovecot(Apart):
    """As shipped: what it must be told, and nothing else."""
    name = "dovecot"
    needs = "dovecot/usr/lib/dovecot/pop3"
    START = "mount -t overlay bench -o lowerdir=$1/usr:/usr /usr; exec dovecot -F -c $2"
    TUNED = LOGIN = POP3 = ""

    def furnish(self):
        for name in ("run", "state", "index"):
            os.mkdir(f"{self.top}/{name}", 0o755)
        for name in self.accounts:
            os.mkdir(f"{self.top}/index/{name}")
            os.chown(f"{self.top}/index/{name}", *self.ids(name))
        self.write("users", "".join("{}:{}:{}:{}::{}/index/{}\n".format(
            name, "{CRYPT}" + HASHES[kind], *self.ids(name), self.top, name) for name, kind in self.accounts.items()))

    def place(self, name, kind):
        """What tells of an inbox that is there."""
        index = f"{self.top}/index/{name}"
        return (f"maildir:{self.inbox(name)}:INDEX={index}" if kind == "maildir" else
                f"mbox:{index}/folders:INBOX={self.inbox(name)}:INDEX={index}/state")

    def put(self, name, kind, messages):
        super().put(name, kind, messages)
        with open(f"{self.top}/users") as f:
            text = f.read()
        self.write("users", text.replace(f"/index/{name}\n", f"/index/{name}::userdb_mail={self.place(name, kind)}\n"))

    def start(self):
        port = free_port()
        self.write("conf", f"""base_dir = {self.top}/run
state_dir = {self.top}/state
log_path = {self.top}/log
listen = {ADDRESS}
protocols = pop3
ssl = no
disable_plaintext_auth = no
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
mail_location = mbox:~/folders:INBOX={self.top}/mail/%n
passdb {{
  driver = passwd-file
  args = {self.top}/users
}}
userdb {{
  driver = passwd-file
  args = {self.top}/users
}}
service pop3-login {{
  chroot =
  {self.LOGIN}
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service pop3 {{
  {self.POP3}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{self.TUNED}
""")
        self.port = self.begin([*self.APART, self.START, "sh", f"{PEERS}/dovecot", f"{self.top}/conf"], port)

    def forget(self, name):
        for left in os.listdir(f"{self.top}/index/{name}"):
            path = f"{self.top}/index/{name}/{left}"
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        for left in os.listdir(self.inbox(name)) if os.path.isdir(self.inbox(name)) else ():
            if left.startswith("dovecot"):
                os.unlink(f"{self.inbox(name)}/{left}")


class DovecotTuned(Dovecot):
    """A few processes have all logins; one that has a mailbox goes on with the next, which needs one owner
    for all."""
    name = "dovecot tuned"
    LOGIN = "service_count = 0\n  process_min_avail = 2\n  client_limit = 2000"
    POP3 = "service_count = 100\n  process_min_avail = 4\n  process_limit = 2000"
    TUNED = "default_client_limit = 5000\npop3_no_flag_updates = yes\nmbox_lazy_writes = yes\nmail_fsync = optimized"

    def ids(self, name):
        return FIRST_UID, GID


class Courier(Apart):
    name = "courier"
    needs = "courier/usr/lib/courier/courier/courierpop3d"
    kinds = ("maildir",)
    START = """mount -t overlay bench -o lowerdir=$1/usr:/usr /usr
        mount -t overlay bench -o lowerdir=$1/etc:/etc,upperdir=$2/etc,workdir=$2/overlay /etc
        mount -t tmpfs bench /run; mkdir -p /run/courier/authdaemon
        cp $2/userdb /etc/courier/userdb; chmod 600 /etc/courier/userdb; makeuserdb
        sed -i 's/^authmodulelist=.*/authmodulelist=authuserdb/' /etc/courier/authdaemonrc
        authdaemond start
        exec 2>$2/log
        exec couriertcpd -address=$3 -maxprocs=2000 -maxperip=2000 -nodnslookup -noidentlookup $4 \
            /usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir"""

    def furnish(self):
        for name in ("etc", "overlay"):
            os.mkdir(f"{self.top}/{name}", 0o755)
        self.write("userdb", "".join("{}\tuid={}|gid={}|home={}|mail={}|systempw={}\n".format(
            name, *self.ids(name), self.top, self.inbox(name), HASHES[kind]) for name, kind in self.accounts.items()))
        for name in self.accounts:
            if name.startswith(("user", "slow")):
                self.put(name, "maildir", [])

    def start(self):
        port = free_port()
        self.port = self.begin([*self.APART, self.START, "sh", f"{PEERS}/courier", self.top, ADDRESS, str(port)], port)

    def forget(self, name):
        path = f"{self.inbox(name)}/courierpop3dsizelist"
        if os.path.exists(path):
            os.unlink(path)


class System(Apart):
    """Accounts of the system; each connection is started by xinetd."""
    kinds = ("mbox",)
    START = """mount --bind $1/passwd /etc/passwd; mount --bind $1/shadow /etc/shadow
        mount --bind $1/group /etc/group; mount --bind $1/pam.d /etc/pam.d; mount --bind $1/mail /var/mail
        mount -t tmpfs bench /var/lib; mkdir /var/lib/popa3d; shift; exec "$@" """

    def furnish(self):
        tree = f"{PEERS}/{self.needs.split('/')[0]}"
        os.mkdir(f"{self.top}/pam.d")
        for service in ("popa3d", "gnu-pop3d", "pop3d", "other"):
            self.write(f"pam.d/{service}", "auth required pam_unix.so\naccount required pam_permit.so\n")
        self.write("passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
                   "popa3d:x:59998:59998::/var/lib/popa3d:/bin/false\n"
                   + "".join("{}:x:{}:{}::/nonexistent:/bin/sh\n".format(name, *self.ids(name)) for name in self.accounts))
        self.write("group", f"root:x:0:\nmail:x:8:\nnogroup:x:65534:\npopa3d:x:59998:\nbench:x:{GID}:\n")
        self.write("shadow", "".join(f"{name}:{HASHES[kind]}:19000:0:99999:7:::\n" for name, kind in self.accounts.items()))
        machine = os.uname().machine
        self.libraries = f"env = LD_LIBRARY_PATH={tree}/usr/lib:{tree}/usr/lib/{machine}-linux-gnu:{tree}/lib/{machine}-linux-gnu"

    def start(self):
        self.port = self.by_xinetd(f"{PEERS}/{self.needs}", self.ARGUMENTS, self.libraries,
                                   [*self.APART, self.START, "sh", self.top])


class Popa3d(System):
    name = "popa3d"
    needs = "popa3d/usr/sbin/popa3d"
    ARGUMENTS = ""


class Mailutils(System):
    name = "mailutils"
    needs = "mailutils/usr/sbin/pop3d"
    ARGUMENTS = "-i --no-config"


def kinds_of_servers():
    """vpop3d, the floor, and those that "make deps" has unpacked: they run as root alone."""
    return [Vpop3d, Floor, *(kind for kind in (Dovecot, DovecotTuned, Courier, Popa3d, Mailutils)
                             if AS_ROOT and os.path.exists(f"{PEERS}/{kind.needs}")
                             and (not issubclass(kind, System) or os.path.exists(XINETD)))]
