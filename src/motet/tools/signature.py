"""A function's parameters as the arguments of a tool: a pydantic model, and the way back to a call."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Final, ForwardRef, Union, get_args, get_origin

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.form import annotations_of

__all__ = ["Signature", "arguments_model", "read_signature"]

_CONFIG: Final = ConfigDict(extra="forbid", serialize_by_alias=True)
_REFUSED: Final[Mapping[Any, str]] = {
    inspect.Parameter.POSITIONAL_ONLY: "{0} can only be given by its place: remove the `/`",
    inspect.Parameter.VAR_POSITIONAL: "*{0} has no names: write one parameter that is a list",
    inspect.Parameter.VAR_KEYWORD: "**{0} could be anything: write each parameter, or one that is a dict",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes.

    Args:
        parameters: Its parameters, without the one for the context.
        context: The name of the parameter that takes the context, or "".
    """

    parameters: tuple[inspect.Parameter, ...]
    context: str

    def bind(self, arguments: BaseModel, ctx: Context) -> dict[str, Any]:
        """Return what to call the function with, by the names of its parameters.

        Args:
            arguments: An instance of the model that `arguments_model` made of this.
            ctx: The context of the call.
        """
        values = vars(arguments)
        bound = {parameter.name: values[_field(place)] for place, parameter in enumerate(self.parameters)}
        if self.context:
            bound[self.context] = ctx
        return bound


def read_signature(function: Callable[..., Any], name: str) -> Signature:
    """Read what a function takes.

    Args:
        function: A function, method, partial or callable object.
        name: The tool's name, for errors.

    Raises:
        InvalidAgent: It cannot be called with named arguments alone; the message says how to write it.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError as error:
        raise InvalidAgent(f"{name!r} does not tell what it takes: write a function around it that does") from error
    for parameter in parameters:
        if parameter.kind in _REFUSED:
            why = _REFUSED[parameter.kind].format(parameter.name)
            raise InvalidAgent(f"{name!r} cannot be a tool, whose arguments have names: {why}")
    contexts = [parameter.name for parameter in parameters if _takes_context(parameter, function, name)]
    if len(contexts) > 1:
        raise InvalidAgent(f"{name!r} takes the context twice, as {' and '.join(contexts)}: leave one out")
    context = "".join(contexts)
    return Signature(tuple(parameter for parameter in parameters if parameter.name != context), context)


def arguments_model(
    function: Callable[..., Any], name: str, parameters: Iterable[inspect.Parameter], docs: Mapping[str, str]
) -> type[BaseModel]:
    """Make the model of a function's arguments.

    Args:
        function: The function.
        name: The tool's name, for errors.
        parameters: What the model has fields for.
        docs: What is known of parameters; a `Field(description=...)` of their own wins.

    Returns:
        A model whose fields have names of their own: a parameter may be called like anything a model has. From
        outside each goes by the parameter's name, or by the alias that its `Field` gives.

    Raises:
        InvalidAgent: An annotation cannot be resolved, or is nothing that can be checked.
    """
    listed = list(parameters)
    annotations = annotations_of(function, name, *(parameter.name for parameter in listed))
    fields: dict[str, Any] = {}
    for place, (parameter, annotation) in enumerate(zip(listed, annotations, strict=True)):
        told = Field(alias=parameter.name, description=docs.get(parameter.name))
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[_field(place)] = (_annotated(annotation, told), default)
    try:
        return pydantic.create_model("Arguments", __config__=_CONFIG, **fields)
    except (pydantic.errors.PydanticUserError, TypeError) as error:
        why = getattr(error, "message", error)
        raise InvalidAgent(f"The arguments of {name!r} cannot be checked: {why}") from error


def _field(place: int) -> str:
    return f"argument_{place}"


def _annotated(annotation: Any, told: Any) -> Any:
    """Put what we know in front of what the annotation says itself, which wins."""
    if get_origin(annotation) is not Annotated:
        return Annotated[annotation, told]
    kind, *extras = get_args(annotation)
    return Annotated[(kind, told, *extras)]


def _takes_context(parameter: inspect.Parameter, function: Callable[..., Any], name: str) -> bool:
    annotation = parameter.annotation
    if annotation is parameter.empty:
        return parameter.name == "ctx"
    if isinstance(annotation, str):
        if not _names_context(annotation):
            return False
        try:
            annotation = annotations_of(function, name, parameter.name)[0]
        except InvalidAgent:
            return True  # imported for type checkers alone, as a context may be
    union = get_origin(annotation) in {Union, UnionType}
    options = [option for option in get_args(annotation) if option is not NoneType] if union else [annotation]
    return all(map(_is_context, options))


def _is_context(option: Any) -> bool:
    if isinstance(option, ForwardRef):
        return _names_context(option.__forward_arg__)
    return isinstance(option, type) and issubclass(option, Context)


def _names_context(annotation: str) -> bool:
    words = {word.rpartition(".")[2] for word in re.findall(r"[\w.]+", annotation)}
    return Context.__name__ in words and words <= {Context.__name__, "Optional", "None"}
