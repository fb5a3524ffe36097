"""page.py: a page of docs/ typed as it stands.

Indented lines are commands, typed one block after the other into one shell.
Lines that begin with ">" are what the block before them must have said: each
of them within a line, in that order.
"""
from harness import *

PATIENCE = 3 * DEADLINE                     # for a block


def blocks(path, begin=None, end=None):
    """[(commands, [lines that must be said])] of the page, or of what stands between two headings."""
    found, last, inside = [], "", begin is None
    with open(path) as f:
        for line in f:
            inside = (inside or line.strip() == begin) and (end is None or line.strip() != end)
            if inside and line.startswith("    "):
                if not last.startswith("    "):
                    found.append(["", []])
                found[-1][0] += line[4:]
            elif inside and line.startswith("> "):
                found[-1][1].append(line[2:].strip())
            last = line
    return found


class Shell:
    """An administrator's shell; a command that fails ends it."""
    END = "the-end-of-a-block"

    def __init__(self, env, cwd):
        self.process = subprocess.Popen(["bash", "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=env, cwd=cwd, start_new_session=True)
        self.type("set -eu; umask 022\n")

    def type(self, commands):
        """Returns what they said."""
        deadline, said = Deadline(PATIENCE), b""
        end = f"{self.END}\n".encode()          # what runs beside may speak behind it
        self.process.stdin.write(f"{{\n{commands}}} < /dev/null\necho {self.END}\n".encode())
        self.process.stdin.flush()
        while end not in said:
            if not select.select([self.process.stdout], [], [], deadline.left())[0]:
                raise AssertionError(f"{commands} takes long; so far: {said.decode()}")
            got = os.read(self.process.stdout.fileno(), 65536)
            if not got:
                raise AssertionError(f"{commands} failed: {said.decode()}")
            said += got
        return said.split(end)[0].decode()

    def stop(self):
        """With all that it started."""
        self.process.stdin.close()
        self.process.stdout.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
