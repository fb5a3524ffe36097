#!/usr/bin/python3
"""install_test.py: an installation into DESTDIR is what etc-templates/install.list says."""
import stat

from harness import *

LIST = os.path.join(TREE, "etc-templates", "install.list")
PREFIX = "/usr/local"


def rows():
    with open(LIST) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                path, kind, owner, mode, source = line.split()
                yield path if path.startswith("/") else f"{PREFIX}/{path}", kind, owner, mode, source


def install(destdir):
    done = run(os.path.join(TREE, "etc-templates", "install"), destdir, PREFIX,
               os.path.dirname(BIN))
    assert done.status == 0, done


@once("it is about files that are copied", "unprivileged")
class Install(BoxTest):
    def setUp(self):
        self.destdir = tempfile.mkdtemp(dir=SCRATCH)
        self.addCleanup(shutil.rmtree, self.destdir)
        install(self.destdir)

    def test_every_row_of_the_list_is_there_with_its_mode_and_owner(self):
        for path, kind, owner, mode, _ in rows():
            with self.subTest(path):
                st = os.lstat(self.destdir + path)
                self.assertEqual(stat.S_ISDIR(st.st_mode), kind == "dir")
                self.assertEqual(oct(stat.S_IMODE(st.st_mode)), oct(int(mode, 8)))
                if ROOT:
                    self.assertEqual(f"{st.st_uid}:{st.st_gid}", owner.replace("root", "0"))

    def test_nothing_is_there_that_the_list_does_not_name(self):
        wanted = {path for path, kind, *_ in rows() if kind != "dir"}
        found = {os.path.join(at, name).removeprefix(self.destdir)
                 for at, _, names in os.walk(self.destdir) for name in names}
        self.assertEqual(found, wanted)

    def test_every_file_is_its_source(self):
        for path, kind, _, _, source in rows():
            if kind == "file":
                source = os.path.join(BIN, source[8:]) if source.startswith("out/bin/") \
                    else os.path.join(TREE, source)
                with open(source, "rb") as a, open(self.destdir + path, "rb") as b:
                    self.assertEqual(a.read(), b.read(), path)

    def test_every_manual_page_is_installed(self):
        pages = {f"docs/{name}" for name in os.listdir(os.path.join(TREE, "docs"))
                 if name[-2:] in (".5", ".8")}
        self.assertEqual({source for path, *_, source in rows() if "share/man/" in path}, pages,
                         "a row of etc-templates/install.list mends it")

    def test_every_template_is_installed(self):
        there = {os.path.relpath(os.path.join(at, name), TREE)
                 for at, _, names in os.walk(os.path.dirname(LIST)) for name in names}
        self.assertEqual({source for *_, source in rows() if source.startswith("etc-templates/")},
                         there - {"etc-templates/install", "etc-templates/install.list"})

    def test_every_template_is_in_a_test(self):
        box, text = os.path.join(TREE, "tests", "box"), ""
        for name in os.listdir(box):
            if name.endswith(".py"):
                with open(os.path.join(box, name)) as f:
                    text += f.read()
        for *_, source in rows():
            if source.startswith("etc-templates/"):
                name = source.removeprefix("etc-templates/").removeprefix("systemd/")
                self.assertRegex(text, rf"""["' /]{re.escape(name)}["' ]""")

    def test_no_program_is_set_uid_or_set_gid(self):
        for at, _, names in os.walk(self.destdir):
            for name in names:
                mode = os.lstat(os.path.join(at, name)).st_mode
                self.assertEqual(mode & (stat.S_ISUID | stat.S_ISGID), 0, name)

    def test_a_directory_that_is_there_keeps_its_mode(self):
        os.chmod(self.destdir + "/etc/vmail", 0o700)
        install(self.destdir)
        self.assertEqual(stat.S_IMODE(os.stat(self.destdir + "/etc/vmail").st_mode), 0o700)

    def test_the_sample_files_are_what_the_tables_say(self):
        for name in "vmail.conf", "domain":
            with open(os.path.join(TREE, "etc-templates", name), "rb") as f:
                self.assertEqual(f.read(), run("vadmin", "settings", "--sample", name).stdout,
                                 f"make && out/bin/vadmin settings --sample {name} "
                                 f">etc-templates/{name} mends it")


if __name__ == "__main__":
    main()
