"""Which layer stands above which: every pair of them, and all together."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from motet.config.manager import ConfigManager

Make = Callable[..., ConfigManager]

LAYERS = ["default", "global", "global profile", "project", "project profile", "secrets", "environment", "argument"]
KEY = "tasks.max_concurrency"


def furnish(folder: Path, layers: tuple[str, ...]) -> tuple[dict[str, object], dict[str, object]]:
    """Let each layer say its own number; return the arguments and options of a manager that sees them."""
    number = {layer: LAYERS.index(layer) + 100 for layer in layers}
    for name in ("global", "project"):
        file = folder / {"global": "global.toml", "project": "motet.toml"}[name]
        text = f"[tasks]\nmax_concurrency = {number[name]}\n" if name in number else ""
        text += "[profiles.other.tasks]\nmax_concurrency = 99\n[profiles.dev]\n"
        profile = f"{name} profile"
        text += f"[profiles.dev.tasks]\nmax_concurrency = {number[profile]}\n" if profile in number else ""
        file.write_text(text)
    secrets = folder / "secrets"
    secrets.mkdir()
    if "secrets" in number:
        (secrets / "tasks__max_concurrency").write_text(f"{number['secrets']}\n")
    environment = {}
    if "environment" in number:
        environment["MOTET_TASKS__MAX_CONCURRENCY"] = str(number["environment"])
    arguments: dict[str, object] = {KEY: number["argument"]} if "argument" in number else {}
    return arguments, {"profile": "dev", "secrets": secrets, "environment": environment}


@pytest.mark.parametrize(("lower", "upper"), list(combinations(LAYERS, 2)))
def test_of_any_two_layers_the_upper_one_counts(make: Make, tmp_path: Path, lower: str, upper: str) -> None:
    arguments, options = furnish(tmp_path, (lower, upper))
    config = make(arguments, **options)
    assert config.get(KEY) == LAYERS.index(upper) + 100
    source = config.source_of(KEY)
    assert (source.layer, source.profile) == (upper.partition(" ")[0], "dev" if "profile" in upper else None)


@pytest.mark.parametrize("top", LAYERS[1:])
def test_of_all_layers_the_top_one_counts(make: Make, tmp_path: Path, top: str) -> None:
    arguments, options = furnish(tmp_path, tuple(LAYERS[1 : LAYERS.index(top) + 1]))
    assert make(arguments, **options).get(KEY) == LAYERS.index(top) + 100


def test_layers_that_say_different_things_add_up(make: Make, tmp_path: Path) -> None:
    (tmp_path / "global.toml").write_text("[tasks]\nlease = 1\npoll = 1\n[tasks.per_executor]\nrest = 1\ncommand = 1\n")
    (tmp_path / "motet.toml").write_text("[tasks]\npoll = 2\nper_executor = {rest = 2}\n")
    config = make(environment={"MOTET_FLOW__INBOX": "3"})
    assert (config.get("tasks.lease"), config.get("tasks.poll"), config.get("flow.inbox")) == (1.0, 2.0, 3)
    # A table that is a value is a value: it is replaced, not mixed.
    assert config.get("tasks.per_executor") == {"rest": 2}


def test_without_a_profile_profiles_say_nothing(make: Make, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text("[profiles.dev.tasks]\nmax_concurrency = 3\n")
    assert make().source_of(KEY).layer == "default"
    assert make(environment={"MOTET_PROFILE": "dev"}).get(KEY) == 3
    assert make(environment={"MOTET_PROFILE": ""}).get(KEY) == 16
