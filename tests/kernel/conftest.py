"""No test here may leave anything behind in the event loop."""

from emitters import work
from leaks import nothing_left

__all__ = ["nothing_left", "work"]
