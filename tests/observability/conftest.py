"""What the tests of this room share: their helpers, and that nothing is left behind."""

import sys
from pathlib import Path

from leaks import nothing_left

sys.path.append(str(Path(__file__).parent))

__all__ = ["nothing_left"]
