"""Text as everybody can take it."""

__all__ = ["characters"]


def characters(text: str) -> str:
    """Replace what is no character: half a surrogate pair, which nobody could send, nor what goes along with it."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
