"""The fixtures that pytest finds by itself, in a test run of somebody else's."""

import subprocess
import sys
from pathlib import Path

TESTS = """
import socket
import urllib.request

def test_a_model(llm_server):
    llm_server.answer("Hi.")
    request = urllib.request.Request(
        llm_server.url + "/chat/completions",
        b'{"model": "m", "messages": [{"role": "user", "content": "Hi"}]}',
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert b"Hi." in answer.read()
    llm_server.assert_over()

def test_proxies(fault_proxy):
    with socket.create_server(("127.0.0.1", 0)) as server:
        one, other = (fault_proxy(*server.getsockname()) for _ in range(2))
        assert one.port != other.port
        with socket.create_connection((one.host, one.port), 20):
            accepted, _ = server.accept()
            accepted.close()
        one.wait_until(lambda: one.connections == 1 and not one.open)

def test_nothing_is_left():
    import threading
    assert threading.active_count() == 1
"""


def test_the_fixtures_are_there_without_being_asked_for(tmp_path: Path):
    (tmp_path / "test_mine.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    command += ["-o", "asyncio_default_fixture_loop_scope=function", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def loaded_by(code: str) -> set[str]:
    told = f"import sys, pytest; before = {{*sys.modules}}; {code}; print(*({{*sys.modules}} - before))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_the_plugin_alone_loads_no_driver():
    assert not {"h11", "aiohttp", "openai"} & loaded_by("import motet.testing.network_plugin")


def test_without_its_driver_the_stand_in_says_what_to_install():
    code = (
        "import sys; sys.modules['h11'] = None\n"
        "from motet.testing.llm_server import LLMServer\n"
        "from motet.kernel.errors import MissingExtra\n"
        "try:\n    LLMServer()\nexcept MissingExtra as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert 'pip install "motet[testing]"' in done.stdout
