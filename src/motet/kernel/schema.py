"""From Python types to validation and JSON schema, for any type that pydantic takes."""

import dataclasses
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, Generic, TypeVar, get_args

import pydantic
from pydantic_core import PydanticSerializationError, PydanticUndefinedType, ValidationError

from motet.kernel.errors import Detail, Fault, InvalidAgent, InvalidPayload

__all__ = ["ANY", "Schema"]

T = TypeVar("T")
JsonSchema = dict[str, Any]


class Schema(Generic[T]):
    """A type, with what pydantic makes of it; the adapter is built once, when it is first needed.

    Args:
        type_: Any annotation. `Any` (or a type variable) accepts everything unseen.
    """

    def __init__(self, type_: Any) -> None:
        self.type: Any = Any if isinstance(type_, TypeVar | PydanticUndefinedType) else type_

    def __repr__(self) -> str:
        return f"Schema({self.name})"

    @property
    def open(self) -> bool:
        """Whether everything is accepted, so that there is nothing to check."""
        return self.type is Any or self.type is object

    @property
    def name(self) -> str:
        """The type as people write it."""
        # list[int] is an instance of `type` for some purposes, and has arguments that belong to its name.
        if isinstance(self.type, type) and not get_args(self.type):
            return self.type.__name__
        return str(self.type).replace("typing.", "")

    @cached_property
    def adapter(self) -> "pydantic.TypeAdapter[T]":
        """The pydantic adapter; a class that pydantic knows nothing of is checked with isinstance.

        Raises:
            InvalidAgent: The type cannot be checked at all.
        """
        try:
            adapter = self._adapter()
            if not adapter.pydantic_complete:
                adapter.rebuild(raise_errors=True)
        except (pydantic.errors.PydanticUserError, pydantic.errors.PydanticUndefinedAnnotation) as error:
            raise InvalidAgent(f"Values cannot be checked against {self.name}: {error.message}") from error
        return adapter

    def _adapter(self) -> "pydantic.TypeAdapter[T]":
        try:
            return pydantic.TypeAdapter(self.type)
        except pydantic.errors.PydanticSchemaGenerationError:
            if dataclasses.is_dataclass(self.type):
                # Its fields are what pydantic knows nothing of, and a dataclass takes no configuration from outside.
                instance: Any = pydantic.InstanceOf
                return pydantic.TypeAdapter(instance[self.type])
            return pydantic.TypeAdapter(self.type, config={"arbitrary_types_allowed": True})

    @cached_property
    def json_schema(self) -> JsonSchema:
        """The JSON schema; an empty one, which allows everything, for what JSON cannot say."""
        if self.open:
            return {}
        try:
            return self.adapter.json_schema()
        except pydantic.errors.PydanticInvalidForJsonSchema:
            return {}

    def validator(self, agent: str, side: str) -> Callable[[object], T]:
        """Make the function that checks values for one side of an agent.

        Args:
            agent: The agent's name, for the error.
            side: "input" or "output", for the error.

        Returns:
            A function that returns the value as the type says, and raises `InvalidPayload`.

        Raises:
            InvalidAgent: The type cannot be checked at all.
        """
        check = self.adapter.validate_python

        def validate(value: object) -> T:
            try:
                return check(value)
            except ValidationError as error:
                raise invalid(agent, side, self.name, error) from error

        return validate

    def parse_json(self, text: str | bytes, agent: str) -> T:
        """Read a value from JSON text.

        Raises:
            InvalidPayload: The text is no JSON, or its value does not fit.
        """
        try:
            return self.adapter.validate_json(text)
        except ValidationError as error:
            raise invalid(agent, "input", self.name, error) from error

    def dump(self, value: T) -> object:
        """Return a value as JSON data: only dicts, lists, strings, numbers, booleans and None.

        Raises:
            InvalidPayload: The value holds something that is no JSON data.
        """
        return self._dumped(value)

    def example(self, value: T) -> object:
        """Return a value as somebody would write it as an input: without defaults, named as outside Python.

        Raises:
            InvalidPayload: The value holds something that is no JSON data.
        """
        return self._dumped(value, by_alias=True, exclude_unset=True)

    def _dumped(self, value: T, *, by_alias: bool | None = None, exclude_unset: bool = False) -> object:
        try:
            return self.adapter.dump_python(value, mode="json", by_alias=by_alias, exclude_unset=exclude_unset)
        except (PydanticSerializationError, ValueError) as error:  # the second: bytes that are no text, a circle
            raise InvalidPayload(f"A value of {self.name} is no JSON data: {error}") from error


ANY: Final[Schema[Any]] = Schema(Any)


def invalid(agent: str, side: str, type_name: str, error: ValidationError) -> InvalidPayload:
    """Make our error from pydantic's: it names the agent, the side and each field."""
    problems: list[Detail] = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        field = ".".join(str(step) for step in problem["loc"]) or "(value)"
        problems.append({"field": field, "problem": problem["msg"].removeprefix("Value error, ")})
    told = "; ".join(f"{entry['field']}: {entry['problem']}" for entry in problems if isinstance(entry, dict))
    made = InvalidPayload(
        f"The {side} of {agent!r} is no {type_name}: {told}", agent=agent, side=side, problems=problems
    )
    made.fault = Fault.CALLER if side == "input" else Fault.AGENT
    return made
