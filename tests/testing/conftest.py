"""No test here may leave anything behind in the event loop."""

from leaks import nothing_left

__all__ = ["nothing_left"]
