"""Settings out of environment variables and files of secrets, as pydantic-settings reads them."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from motet.config.section import Section
from motet.config.settings import section_class
from motet.config.texts import decoded
from motet.kernel.errors import MissingExtra

try:
    from pydantic_settings import BaseSettings, EnvSettingsSource
except ModuleNotFoundError as error:
    raise MissingExtra.of("Settings in environment variables", "config") from error

__all__ = ["read_variables"]

BETWEEN: Final = "__"


class _Variables(EnvSettingsSource):
    """Reads variables that it is given, and leaves a text that it cannot read to whoever checks settings."""

    def __init__(self, settings: type[BaseSettings], variables: Mapping[str, str], prefix: str) -> None:
        self._variables = variables
        super().__init__(settings, case_sensitive=False, env_prefix=prefix, env_nested_delimiter=BETWEEN)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._variables.items()}

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        del field_name
        kind = field.annotation
        if not (isinstance(kind, type) and issubclass(kind, Section)):
            return decoded(field, value)
        try:
            return json.loads(value)
        except ValueError:
            return value


def read_variables(variables: Mapping[str, str], sections: set[str], prefix: str) -> dict[str, Any]:
    """Return the tables that variables stand for.

    Args:
        variables: `PREFIX_SECTION__KEY`, in capitals or not, and what they say.
        sections: Those that they speak of.
        prefix: What they begin with.
    """
    fields: dict[str, Any] = {name: (of := section_class(name), Field(default_factory=of)) for name in sorted(sections)}
    model = create_model("Variables", __base__=BaseSettings, **fields)
    return _Variables(model, variables, prefix)()
