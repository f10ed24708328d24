"""Secrets are never shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from motet.config.errors import InvalidConfig
from motet.config.keys import find_leaf
from motet.config.manager import ConfigManager
from motet.config.passwords import HIDDEN
from motet.config.shown import plain, shown

Make = Callable[..., ConfigManager]

SECRET = "hunter2"  # noqa: S105 - it is none


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"key": SecretStr(SECRET)}, {"key": HIDDEN}),
        ({}, {}),
        (None, None),
        (SECRET, HIDDEN),
        ([SECRET], HIDDEN),
    ],
)
def test_of_a_secret_only_that_there_is_one_is_shown(value: object, told: object) -> None:
    assert shown(find_leaf("observability.otlp_headers"), value) == told
    assert shown(find_leaf("observability.otlp_headers"), value, reveal=True) == plain(value)


def test_of_what_nobody_knows_nothing_is_shown() -> None:
    assert shown(None, SECRET) == HIDDEN


def test_no_secret_is_in_any_text_about_settings(make: Make, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text(
        f'[tasks]\nstore = "postgresql://me:{SECRET}@host/db"\n[observability]\notlp_headers = {{key = "{SECRET}"}}\n'
        f'otlp_endpoint = "https://me:{SECRET}@host/x?api_key={SECRET}"\n'
    )
    config = make({"history.store": f"x://me:{SECRET}@host"})
    changes = [
        *config.set("tasks.store", f"postgresql://me:{SECRET}2@host/db"),
        *config.set("observability.otlp_headers", {"key": f"{SECRET}2"}),
    ]
    settings = config.settings
    held = config._held
    sections = f"{settings.tasks!r} {settings.history} {[settings.tasks]}"
    assert f"store='postgresql://me:{HIDDEN}@host/db'" in sections
    texts = [
        sections,
        repr(config),
        repr(settings),
        repr(settings.observability),
        str(changes),
        str(changes[0]),
        repr(changes),
    ]
    assert SECRET not in " ".join([*texts, repr(held), repr(held.layers), repr(config._around)])
    assert len(changes) == 2
    assert settings.tasks.store == f"postgresql://me:{SECRET}2@host/db"


@pytest.mark.parametrize(
    "text",
    [
        f'[observability]\notlp_headers = "{SECRET}"\n',
        f'[observability]\notlp_headers = {{key = ["{SECRET}"]}}\n',
        f'[observability]\notlp_headers = ["{SECRET}"]\n',
        f'[observability]\notlp_heders = "{SECRET}"\n',
        f'[obsrvability]\notlp_headers = "{SECRET}"\n',
        f'observability = "{SECRET}"\n',
        f'[tasks]\nstore = ["postgresql://me:{SECRET}@host/db"]\n',
        f'[tasks]\nstore = "me:{SECRET}@host/db"\n',
        f'[tasks]\nstore = ["postgresql://host/db?passwd={SECRET}"]\n',
        f'[observability]\notlp_endpoint = ["https://host/?api_key={SECRET}"]\n',
        f'[observability]\notlp_headers = "{SECRET}\n',
    ],
)
def test_no_secret_is_in_an_error(make: Make, tmp_path: Path, text: str) -> None:
    (tmp_path / "motet.toml").write_text(text)
    with pytest.raises(InvalidConfig) as caught:
        make()
    error = caught.value
    assert SECRET not in f"{error} {error!r} {error.details} {error.__cause__} {error.__context__}"
