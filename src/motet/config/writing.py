"""A setting is written into a file or taken out of it: its comments, order and mode stay, and it is always whole."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from motet.config.errors import InvalidConfig, Problem
from motet.config.keys import find_leaf
from motet.config.places import heading_of
from motet.config.shown import writable
from motet.config.source import ARGUMENT, LayerName, Source
from motet.config.toml_edit import text_with, text_without
from motet.config.toml_text import Place, parse_toml, read_text

__all__ = ["remove_setting", "write_setting"]


def write_setting(file: Path, layer: LayerName, key: str, value: object, profile: str | None = None) -> None:
    """Write a setting into a file, which is made if there is none.

    Args:
        file: The file; in a pyproject.toml the table [tool.motet] is written to.
        layer: What it is to errors.
        key: The setting.
        value: What it is to be; checked already.
        profile: The profile to write it to; None: to none.

    Raises:
        InvalidConfig: The file cannot be read or written, or the profile has no name.
        NotFound: There is no such setting.
    """
    written = writable(value)
    _change(file, layer, key, profile, lambda text, path: text_with(text, path, written))


def remove_setting(file: Path, layer: LayerName, key: str, profile: str | None = None) -> bool:
    """Take a setting out of a file; the heading above it stays.

    Args:
        file: The file; in a pyproject.toml the table [tool.motet] is changed.
        layer: What it is to errors.
        key: The setting.
        profile: The profile to take it out of; None: of none.

    Returns:
        Whether it was there.

    Raises:
        InvalidConfig: The file cannot be read or written, or the profile has no name.
        NotFound: There is no such setting.
    """
    return _change(file, layer, key, profile, text_without)


def _change(file: Path, layer: LayerName, key: str, profile: str | None, edit: Callable[[str, Place], str]) -> bool:
    """Change what a file says of a setting; tell whether that changes the file."""
    private = find_leaf(key).secret or layer == "global"
    if profile == "":  # it would be read as no profile
        told = "a profile has a name: give one, or no profile"
        raise InvalidConfig(told, problems=[Problem(ARGUMENT, told, key).detail()])
    text = read_text(file, layer) or ""
    parse_toml(text, file, layer)
    inside = ("profiles", profile) if profile is not None else ()
    try:
        changed = edit(text, (*heading_of(file), *inside, *key.split(".")))
    except ValueError as error:
        told = f"{key} cannot be written beside what is there: {error}"
        raise InvalidConfig.of([Problem(Source(layer, file), told, key)]) from error
    if changed == text:
        return False
    try:
        _replace(file, changed, private=private)
    except UnicodeEncodeError as error:
        told = f"{key} cannot be written: it holds bytes that are no text"
        raise InvalidConfig.of([Problem(Source(layer, file), told, key)]) from error
    except OSError as error:
        told = f"it cannot be written: {error.strerror or error}"
        raise InvalidConfig.of([Problem(Source(layer, file), told, key)]) from error
    return True


def _replace(file: Path, text: str, *, private: bool) -> None:
    """Put a text in the place of what is in a file: another process sees the one or the other, never a part."""
    target = Path(os.path.realpath(file))  # a link stays one, and what it leads to is written
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = target.stat().st_mode & 0o7777 if target.exists() else None
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            Path(name).chmod(mode)
        elif not private:
            Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
