"""Which environment variables and which files of secrets are settings."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from motet.config.errors import InvalidConfig, Problem
from motet.config.keys import slipped
from motet.config.layer import Layer
from motet.config.places import expanded
from motet.config.secret_files import read_secrets
from motet.config.settings import SECTIONS
from motet.config.source import LayerName, Source

__all__ = ["PREFIX", "PROFILE_VARIABLE", "SECRETS_VARIABLE", "environment_layer", "secrets_layer", "variable_of"]

PREFIX: Final = "MOTET_"
PROFILE_VARIABLE: Final = "MOTET_PROFILE"
SECRETS_VARIABLE: Final = "MOTET_SECRETS_DIR"

_SHORT: Final = {"store": ("tasks", "store")}
"""Variables that have a short name of their own; the long one counts where both are there."""


def variable_of(key: str) -> str:
    """Return the variable that is a setting: `MOTET_TASKS__STORE` for `tasks.store`."""
    return PREFIX + key.upper().replace(".", "__")


def environment_layer(environment: Mapping[str, str]) -> Layer | None:
    """Return what variables say: `MOTET_TASKS__STORE`, or `MOTET_STORE` for short; empty ones say nothing.

    Args:
        environment: The variables.

    Raises:
        MissingExtra: There are some, and what reads them is not installed.
    """
    ours = {name: text for name, text in environment.items() if name.upper().startswith(PREFIX) and text}
    return _layer("environment", ours, PREFIX)


def secrets_layer(folder: str | os.PathLike[str] | None) -> Layer | None:
    """Return what the files in a folder say, each of which is called `SECTION__KEY` and holds one value.

    Args:
        folder: Such as /run/secrets; None: there are none.

    Raises:
        InvalidConfig: There is no such folder, or a file in it cannot be read.
        MissingExtra: What reads it is not installed.
    """
    if folder is None:
        return None
    path = expanded(folder, Source("secrets", Path(folder)))
    if not path.is_dir():
        told = "there is no such folder of secrets: correct its name, or make it"
        raise InvalidConfig.of([Problem(Source("secrets", path), told)])
    return _layer("secrets", read_secrets(path, _is_ours), "", path)


def _is_ours(name: str) -> bool:
    """Tell whether a file is meant as a setting: its section has to be one, as other programs have secrets too."""
    rest = name.lower()
    return rest in _SHORT or _words(rest)[:1] in {(section,) for section in SECTIONS}


def _layer(name: LayerName, texts: Mapping[str, str], prefix: str, folder: Path | None = None) -> Layer | None:
    rest = {variable: variable[len(prefix) :].lower() for variable in texts}
    long = {variable: words for variable in texts if (words := _words(rest[variable]))}
    short = {variable: _SHORT[words] for variable, words in rest.items() if words in _SHORT}
    if not long and not short:
        return None
    values: dict[str, Any] = {words[0]: {} for words in long.values()}
    if sections := values.keys() & SECTIONS.keys():
        # Loaded here: it needs an optional dependency, and takes as long as all else that is read.
        from motet.config.variables import read_variables  # noqa: PLC0415

        values |= read_variables({variable: texts[variable] for variable in long}, sections, prefix)
    for variable, words in short.items():
        table = values.setdefault(words[0], {})
        if isinstance(table, dict):
            table.setdefault(words[1], texts[variable])
    named = [*short.items(), *long.items()]
    shown = {variable: variable if folder is None else str(folder / variable) for variable in texts}
    return Layer(name, values, variables={".".join(words): shown[variable] for variable, words in named})


def _words(rest: str) -> tuple[str, ...]:
    """Return the key that a variable stands for, in its parts; none where it is not meant as a setting."""
    words = tuple(rest.split("__"))
    # With a single underscore in place of two it is a slip, which whoever checks settings tells.
    return words if len(words) > 1 or rest in SECTIONS or slipped(rest) else ()
