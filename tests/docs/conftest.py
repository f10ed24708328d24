"""The helpers of these tests stand beside them."""

import sys
from pathlib import Path

from warm import warm

__all__ = ["warm"]

sys.path.append(str(Path(__file__).parent))
