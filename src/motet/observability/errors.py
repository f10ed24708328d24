"""How errors are called where only few words may leave."""

from motet.kernel.errors import MotetError

__all__ = ["error_code"]


def error_code(error: BaseException | None) -> str:
    """Name an error by its code, or by its class where it is not of our tree; empty for none. Never its message."""
    if error is None:
        return ""
    return error.code if isinstance(error, MotetError) else type(error).__name__
