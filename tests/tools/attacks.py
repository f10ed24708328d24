"""Programs that try to get away, or to use more than they may; each ends by itself, so that no failing test does harm.

They run as `python -c TEXT FOLDER`, where FOLDER marks them, and they may leave something in it.
"""

import sys
from pathlib import Path

import psutil

PYTHON = Path(sys.executable).resolve()

START = """
import os, signal, sys, time
folder, end = sys.argv[1], time.monotonic() + 15
def mark(name):
    with open(os.path.join(folder, name), "a") as file:
        file.write(f"{os.getpid()}\\n")
def linger():
    while time.monotonic() < end:
        time.sleep(0.05)
    mark("lingered")
counted = os.open(os.path.join(folder, "forks"), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
def fork():
    if os.fstat(counted).st_size > 2000 or time.monotonic() > end:
        return linger()
    os.write(counted, b"x")
    return os.fork()
"""

DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"

DAEMON = """
if not fork():
    os.setsid()
    if not fork():
        os.setsid()
        mark("daemon")
        linger()
    os._exit(0)
os.wait()
while not os.path.exists(os.path.join(folder, "daemon")):
    time.sleep(0.001)
"""

BOMB = """
while True:
    fork()
"""

BOMB_OF_SESSIONS = """
while True:
    if not fork():
        os.setsid()
"""

COMET = """
while True:
    if fork():
        os._exit(0)
    os.setsid()
"""

DAEMONS = """
for _ in range(30):
    if not fork():
        os.setsid()
        if not fork():
            linger()
        os._exit(0)
linger()
"""

THREADS = """
import threading
threading.stack_size(65536)
for _ in range(500):
    threading.Thread(target=linger, daemon=True).start()
linger()
"""

SHARED_MEMORY = """
import mmap
held = mmap.mmap(-1, 400 * 2**20)
for place in range(0, len(held), 4096):
    held[place] = 1
linger()
"""

MEMORY_OF_MANY = """
for _ in range(8):
    if not fork():
        held = bytearray(os.urandom(50 * 2**20))
        linger()
linger()
"""

BUSY_ORPHANS = """
for _ in range(50):
    reading, writing = os.pipe()
    if not fork():
        if not fork():
            stop = time.process_time() + 0.1
            while time.process_time() < stop:
                pass
        os._exit(0)
    os.wait()
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
"""

BUSY_CHILDREN = """
fork(), fork()
while time.monotonic() < end:
    pass
"""


def attack(text: str) -> str:
    """Make the text of a program that can be given to Python."""
    return START + text


def strays(mark: Path) -> list[psutil.Process]:
    """Find the processes that were started with a folder as an argument, wherever they are now; dead ones too."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(mark) in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found
