"""A command line as a program and its arguments."""

import shlex
import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from motet.kernel.errors import InvalidPayload
from motet.tools.command_line import MAX_LINE, split_line


@pytest.mark.parametrize(
    ("line", "argv"),
    [
        ("ls", ["ls"]),
        ("  ls \t -la  ", ["ls", "-la"]),
        ("grep -n 'a word' notes.txt", ["grep", "-n", "a word", "notes.txt"]),
        ("grep \"a word\" '$HOME; rm -rf ~'", ["grep", "a word", "$HOME; rm -rf ~"]),
        ('echo ";" "|" "&&" ">" "*" "~" "(" "#"', ["echo", ";", "|", "&&", ">", "*", "~", "(", "#"]),
        (r"echo \; \| \$HOME \* \" \' \\ \ x", ["echo", ";", "|", "$HOME", "*", '"', "'", "\\", " x"]),
        (r'echo "a \" b \\ c \n"', ["echo", r'a " b \ c \n']),
        ("echo 'two\nlines'", ["echo", "two\nlines"]),
        ("echo '' \"\" x''y", ["echo", "", "", "xy"]),
        ("git show HEAD~1 a#b stash@{0} --opt=~x", ["git", "show", "HEAD~1", "a#b", "stash@{0}", "--opt=~x"]),
        ("find . -exec {} +", ["find", ".", "-exec", "{}", "+"]),
        ("echo a=b ü日本", ["echo", "a=b", "ü日本"]),
    ],
)
def test_a_line_is_split_as_a_shell_does(line, argv):
    assert split_line(line) == argv


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ls | wc", r"\| means a pipe"),
        ("ls; id", "; means running one program after another"),
        ("ls && id", "& means running two programs"),
        ("sleep 9 &", "& means running two programs"),
        ("ls > out", "> means a redirection"),
        ("cat < in", "< means a redirection"),
        ("cat << EOF", "< means a redirection"),
        ("echo $HOME", r"\$ means a variable"),
        ("echo $(id)", r"\$ means a variable"),
        ('echo "$HOME"', r"\$ means a variable"),
        ("echo `id`", "` means what another program writes"),
        ('echo "`id`"', "` means what another program writes"),
        ("ls *.py", r"\* means a pattern for file names"),
        ("ls ?", r"\? means a pattern"),
        ("ls [ab]", r"\[ means a pattern"),
        ("ls ~", "~ means a home folder"),
        ("ls ~root/x", "~ means a home folder"),
        ("ls # all", "# means a comment"),
        ("(ls)", r"\( means a group"),
        ("ls\nid", r"\\n means a second line"),
        ("ls\rid", r"\\r means a second line"),
        ("echo {a,b}", "{ means a list of words"),
        ("echo x{1..9}y", "{ means a list of words"),
        ("A=1 env", "'A=1' sets a variable"),
        ("PATH+=x ls", "sets a variable"),
        ("cd /tmp", "'cd' is a word of shells"),
        (". file", "'.' is a word of shells"),
        ("for x in y", "'for' is a word of shells"),
        ("echo 'open", r"A quote \('\) is not closed"),
        ('echo "open', r'A quote \("\) is not closed'),
        ("echo \\", "A backslash there needs a shell"),
        ("ls \\\n-l", "A backslash there needs a shell"),
        (r'echo "\$HOME"', "A backslash there needs a shell"),
        ("", "The command line is empty"),
        (" \t ", "The command line is empty"),
        ("a\0b", "none of code 0"),
        ("x" * (MAX_LINE + 1), f"at most {MAX_LINE} characters"),
    ],
)
def test_what_needs_a_shell_is_refused_and_the_error_says_what_to_do(line, told):
    with pytest.raises(InvalidPayload, match=told) as caught:
        split_line(line)
    if "means" in told:
        assert "make one call for each program" in str(caught.value)
        assert "single quotes" in str(caught.value)


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12), max_size=6))
def test_arguments_that_are_quoted_come_through_whatever_they_are(arguments):
    argv = ["program", *arguments]
    assert split_line(shlex.join(argv)) == argv


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return tmp_path_factory.mktemp("empty")


SHELLS = [path for path in map(shutil.which, ("dash", "sh", "bash", "zsh")) if path]

ODD = st.text(st.sampled_from("ab \t'\"\\$`|&;<>()*?[]~#{},.=!-\n"), max_size=4)
PIECES = st.one_of(
    ODD,
    st.sampled_from(["a", "b", " ", "  ", "~", "#", "{", "}", ",", "..", "=", "!", "-", "\\"]),
    ODD.map(lambda text: "'" + text.replace("'", "") + "'"),
    st.text(st.sampled_from("ab \t'|&;<>()*?[]~#{},.=\n"), max_size=4).map(lambda text: f'"{text}"'),
    st.sampled_from("|&;<>()*?[]~#$`'\" a").map(lambda letter: "\\" + letter),
)


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=150)
@given(line=st.lists(PIECES, max_size=8).map("".join))
@example(line='"\\a" a\\b')
@example(line="{a} {},{ a{b,")
@example(line="a~ ~")
def test_what_is_split_is_what_a_real_shell_would_have_passed_on(shell, empty, line):
    try:
        argv = split_line("printf " + line)
    except InvalidPayload:
        return
    told = subprocess.run(
        [shell, "-c", f"printf '%s\\0' x {line}"], cwd=empty, capture_output=True, timeout=20, check=True
    )
    assert told.stdout.decode().split("\0")[1:-1] == argv[1:]
    assert not list(empty.iterdir())
