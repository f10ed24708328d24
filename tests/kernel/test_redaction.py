"""What looks like a secret is replaced, and nothing else."""

import pytest

from motet.kernel.redaction import REDACTED, looks_secret, redacted, redacted_text


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "OPENAI_API_KEY",
        "token",
        "access_token",
        "accessToken",
        "Authorization",
        "client_secret",
        "Set-Cookie",
        "auth",
        "private key",
        "credentials",
        "secret_value",
        "secret_key",
        "SECRET_KEY",
        "secretKey",
        "api_key_2",
        "token2",
        "token_new",
        "password1",
        "password_confirmation",
        "private_key_pem",
        "access_tokens",
        "refreshTokens",
        "jwt",
        "session_cookie_value",
    ],
)
def test_names_of_secrets_are_known_however_they_are_spelled(key: str) -> None:
    assert looks_secret(key)


@pytest.mark.parametrize(
    "key",
    [
        "tokenizer",
        "token_count",
        "tokens_used",
        "completion_tokens",
        "bearers",
        "tokens",
        "max_tokens",
        "input_tokens",
        "author",
        "monkey",
        "key",
        "passport",
        "secretary",
        "",
        "é",
        "cost",
    ],
)
def test_other_names_are_none(key: str) -> None:
    assert not looks_secret(key)


def test_secrets_are_replaced_wherever_they_are_and_the_rest_stays() -> None:
    data = {"a": [{"password": "x", "n": 1}], "token": {"deep": 1}, "cookie": None, "auth": True, "name": "password"}
    assert redacted(data) == {
        "a": [{"password": REDACTED, "n": 1}],
        "token": REDACTED,
        "cookie": None,
        "auth": True,
        "name": "password",
    }
    assert data["token"] == {"deep": 1}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Client(url='x', api_key='sk-1')", "Client(url='x', api_key=[redacted])"),
        ("{'password': \"a b\", 'n': 1}", "{'password': [redacted], 'n': 1}"),
        ("token=abc; rest", "token=[redacted]; rest"),
        ("max_tokens=5, token_count=7, tokenizer='gpt2'", "max_tokens=5, token_count=7, tokenizer='gpt2'"),
        (
            "Client(secret_key='sk-1', password_confirmation='p')",
            "Client(secret_key=[redacted], password_confirmation=[redacted])",
        ),
        ("nothing here", "nothing here"),
    ],
)
def test_what_follows_the_name_of_a_secret_in_a_text_is_replaced(text: str, left: str) -> None:
    assert redacted_text(text) == left
