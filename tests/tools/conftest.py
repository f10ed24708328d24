"""No test here may leave anything behind: a task in the event loop, a process."""

from leaks import nothing_left
from started import no_process_left

__all__ = ["no_process_left", "nothing_left"]
