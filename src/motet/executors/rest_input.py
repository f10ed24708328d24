"""What a task says about an HTTP request."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, model_validator

__all__ = ["ApiKey", "Auth", "Basic", "Bearer", "RestInput", "Retry"]

IDEMPOTENT: Final = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}
"""Methods that may be sent twice: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2"""

_FRAMING: Final = {"content-length", "transfer-encoding", "connection"}


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _no_control(secret: SecretStr) -> SecretStr:
    if any(ord(letter) < 32 for letter in secret.get_secret_value()):
        raise ValueError("a control character, such as a line end, is in it")
    return secret


Method = Annotated[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], BeforeValidator(_upper)]
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
HeaderValue = Annotated[str, Field(pattern=r"^[^\x00-\x08\x0a-\x1f]*$")]
Secret = Annotated[SecretStr, AfterValidator(_no_control)]
Value = str | int | float | bool
Fields = dict[str, Value | list[Value]]


class Part(BaseModel, extra="forbid", hide_input_in_errors=True):
    """Something that may hold credentials, which no error shows."""


class Bearer(Part):
    """A token in the header `Authorization`."""

    type: Literal["bearer"]
    token: Secret


class Basic(Part):
    """A name and a password in the header `Authorization`."""

    type: Literal["basic"]
    username: str = Field(pattern=r"^[^:\x00-\x1f]*$")
    password: Secret


class ApiKey(Part):
    """A key in a header or in the query."""

    type: Literal["api_key"]
    name: HeaderName
    value: Secret
    in_: Literal["header", "query"] = Field(default="header", alias="in")


Auth = Annotated[Bearer | Basic | ApiKey, Field(discriminator="type")]


class Retry(Part):
    """When to send a request again, within the task's one attempt.

    Attributes:
        attempts: How often it is sent in all.
        on: The status codes after which it is sent again; trouble with the connection counts too.
        backoff: Seconds before the second time at most, twice as many before each further one.
        all_methods: Whether a request that is not idempotent, such as a POST, may be sent twice.
    """

    attempts: int = Field(default=3, ge=1, le=20)
    on: list[int] = [429, 502, 503, 504]
    backoff: float = Field(default=0.5, ge=0, le=60)
    all_methods: bool = False


class RestInput(Part):
    """A request.

    Attributes:
        url: Where to, with http or https.
        method: In letters of any case.
        headers: Sent along. To another origin than the first, a redirect takes none that could hold credentials.
        params: Added to the query; a list repeats the name.
        json_: The body as JSON data, `json` outside Python.
        form: The body as the fields of a form.
        body: The body as it is.
        auth: Credentials; they are sent to the first origin alone.
        timeout: Seconds for one attempt with all its redirects.
        retry: When to send it again.
        redirects: How many to follow; 0 gives back the answer that would redirect.
        raise_for_status: Whether a status of 400 or more is a failure of the task.
    """

    url: str
    method: Method = "GET"
    headers: dict[HeaderName, HeaderValue] = {}
    params: Fields = {}
    json_: Any = Field(default=None, alias="json")
    form: Fields | None = None
    body: str | None = None
    auth: Auth | None = None
    timeout: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    retry: Retry = Retry(attempts=1)
    redirects: int = Field(default=5, ge=0, le=20)
    raise_for_status: bool = True

    @model_validator(mode="after")
    def _fits_together(self) -> "RestInput":
        bodies = {"json_": "json", "form": "form", "body": "body"}
        given = [shown for name, shown in bodies.items() if name in self.model_fields_set]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are both the body: give one of them")
        framing = sorted(name for name in self.headers if name.lower() in _FRAMING)
        if framing:
            raise ValueError(f"headers: {', '.join(framing)} is set by the connection itself: leave it out")
        if self.retry.attempts > 1 and self.method not in IDEMPOTENT and not self.retry.all_methods:
            raise ValueError(
                f"retry: a {self.method} that is sent twice may take effect twice: "
                'add "all_methods": true to retry where that does no harm'
            )
        return self
