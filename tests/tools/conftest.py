"""No test here may leave anything behind: a task in the event loop, a process."""

import sys
from pathlib import Path

from leaks import nothing_left
from started import no_process_left

sys.path.append(str(Path(__file__).parent))

__all__ = ["no_process_left", "nothing_left"]
