"""`motet config list`, `get`, `path` and `reload`: what there is, and where it comes from."""

import json as json_module
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from motet.cli.config_session import performed
from motet.cli.output import Output
from motet.cli.paper import lay, table
from motet.config.keys import Leaf, all_leaves, find_leaf
from motet.config.manager import ConfigManager
from motet.config.reading import Surroundings
from motet.config.shown import shown
from motet.devtools.words import counted
from motet.kernel.errors import NotFound

__all__ = ["check_settings", "get_setting", "list_settings", "show_places", "text_of"]


def list_settings(
    section: str | None, profile: str | None, *, changed: bool, reveal: bool, json: bool, debug: bool
) -> int:
    """List settings with their values and sources; return the exit code.

    Args:
        section: Only those in this section.
        profile: The profile to read.
        changed: Only those that are not as they are by default.
        reveal: Show secrets.
        json: Write for programs.
        debug: Show tracebacks.
    """

    def work(out: Output) -> int:
        config = ConfigManager(profile=profile)
        leaves = _chosen(config, section, changed=changed)
        if json:
            out.document([_document(config, leaf, reveal=reveal) for leaf in leaves])
        elif leaves:
            lay(out, _table(config, leaves, reveal=reveal))
        return 0

    return performed(work, json=json, debug=debug)


def get_setting(key: str, profile: str | None, *, reveal: bool, json: bool, debug: bool) -> int:
    """Print the value of a setting; return the exit code."""

    def work(out: Output) -> int:
        leaf = find_leaf(key)
        config = ConfigManager(profile=profile)
        if json:
            out.document(_document(config, leaf, reveal=reveal))
        else:
            out.write(text_of(shown(leaf, config.get(key), reveal=reveal)) + "\n")
        return 0

    return performed(work, json=json, debug=debug)


def check_settings(profile: str | None, *, json: bool, debug: bool) -> int:
    """Read everything, and say what differs from the defaults; return the exit code, 2 if something is wrong."""

    def work(out: Output) -> int:
        config = ConfigManager(profile=profile)
        leaves = _chosen(config, None, changed=True)
        if json:
            out.document({"changed": [_document(config, leaf) for leaf in leaves]})
            return 0
        out.write(f"everything is in order; {counted(len(leaves), 'setting')} not as by default\n")
        if leaves:
            lay(out, _table(config, leaves))
        return 0

    return performed(work, json=json, debug=debug)


def show_places(*, json: bool, debug: bool) -> int:
    """Print which files are read, whatever is in them; return the exit code."""

    def work(out: Output) -> int:
        places = Surroundings().places()
        files = {"global": places.file_of("global"), "project": places.file_of("project")}
        if json:
            out.document([{"layer": layer, **_file(path)} for layer, path in files.items()])
            return 0
        made = table("layer", "file", "", broken=("file",))
        for layer, path in files.items():
            made.add_row(
                layer, Text(str(path or "nowhere")), Text("" if path and path.exists() else "not there", "dim")
            )
        lay(out, made)
        return 0

    return performed(work, json=json, debug=debug)


def text_of(value: Any) -> str:
    """Write a value as `motet config set` takes it: text as it is, None as `none`, anything else as JSON."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json_module.dumps(value, ensure_ascii=False)


def _chosen(config: ConfigManager, section: str | None, *, changed: bool) -> list[Leaf]:
    leaves = all_leaves()
    inside = [leaf for key, leaf in leaves.items() if section is None or key.startswith(f"{section}.")]
    if not inside:
        raise NotFound(f"there is no section {section}: there are {', '.join(_sections(leaves))}", section=section)
    return [leaf for leaf in inside if not changed or config.source_of(leaf.key).layer != "default"]


def _sections(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(key.rpartition(".")[0] for key in keys))


def _table(config: ConfigManager, leaves: list[Leaf], *, reveal: bool = False) -> Table:
    made = table("key", "value", "source", broken=("value", "source"))
    for leaf in leaves:
        source = config.source_of(leaf.key)
        value = text_of(shown(leaf, config.get(leaf.key), reveal=reveal))
        style = "dim" if source.layer == "default" else ""
        made.add_row(Text(leaf.key), Text(value, style), Text(str(source), style))
    return made


def _document(config: ConfigManager, leaf: Leaf, *, reveal: bool = False) -> dict[str, Any]:
    return {
        "key": leaf.key,
        "value": shown(leaf, config.get(leaf.key), reveal=reveal),
        "secret": leaf.secret,
        "source": config.source_of(leaf.key).detail(),
        "description": leaf.field.description,
    }


def _file(path: Path | None) -> dict[str, Any]:
    return {"file": None if path is None else str(path), "exists": path is not None and path.exists()}
