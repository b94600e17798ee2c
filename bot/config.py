"""Settings: from environment variables or a `.env` file, validated at start, with one error message a setting.

    settings = load()        # raises BadSettings, whose message is for the operator

Secrets are `SecretStr`, so they are masked wherever a settings object is printed.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX: Final = "PALSBOT_"
TELEGRAM: Final = "https://api.telegram.org"
_DATABASES: Final = ("sqlite", "postgresql", "postgres")


class BadSettings(Exception):  # noqa: N818 - it says what is wrong
    """One or more settings are invalid; the message has one line for each."""


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("should be an address such as https://example.org or http://127.0.0.1:8090")
    return value.rstrip("/")


def _secret(pattern: str, should: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, value.get_secret_value()):
            raise ValueError(should)
        return value

    return AfterValidator(check)


Token = Annotated[
    SecretStr,
    _secret(r"\d+:[A-Za-z0-9_-]+", "should look like 123456789:AbC-dEf, as BotFather gives it"),
]
WebhookSecret = Annotated[  # the letters Telegram allows: core.telegram.org/bots/api#setwebhook
    SecretStr, _secret(r"[A-Za-z0-9_-]{1,256}", "should be 1 to 256 of the letters A-Z, a-z, 0-9, _ and -")
]
Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """The settings. `database_url` and secrets are not normalised."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    token: Token | None = None
    api: Address = TELEGRAM
    database_url: str = Field(default="sqlite:///palsbot.db", repr=False)
    public_url: Address | None = None
    webhook_secret: WebhookSecret | None = None
    listen: str = "127.0.0.1:8081"
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    restore_guard: Path | None = Field(
        default=Path("palsbot.alive"),
        validation_alias=AliasChoices("restore_guard", f"{PREFIX}RESTORE_GUARD", f"{PREFIX}WITNESS"),
    )
    """The file that detects a restored database; keep it out of the backup. PALSBOT_WITNESS is the old name."""

    rate: float = Field(default=30.0, gt=0, le=1000)

    @field_validator("token", "public_url", "webhook_secret", "restore_guard", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("database_url")
    @classmethod
    def _database_known(cls, value: str) -> str:
        kind = value.partition(":")[0].partition("+")[0]
        if kind not in _DATABASES or "://" not in value:
            raise ValueError("should begin with sqlite:/// or postgresql://")
        return value

    @field_validator("listen")
    @classmethod
    def _listen_shape(cls, value: str) -> str:
        _host_and_port(value)
        return value

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: Any) -> Any:
        return [key.strip() for key in value.split(",") if key.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _telegram_wants_https(self) -> Self:
        if self.public_url and self.public_url.startswith("http:") and self.api == TELEGRAM:
            raise ValueError(f"{PREFIX}PUBLIC_URL should begin with https: Telegram sends to nothing else")
        return self

    @property
    def base_url(self) -> str:
        """The URL prefix of a call, before token and method."""
        return f"{self.api}/bot"

    @property
    def base_file_url(self) -> str:
        """The URL prefix of a file download, before token and path."""
        return f"{self.api}/file/bot"

    @property
    def listen_address(self) -> tuple[str, int]:
        """The host and port that the web pages are served on; port 0 is any free one."""
        return _host_and_port(self.listen)

    def secret_for_webhook(self) -> str:
        """The webhook's secret token: the one set, else one derived from the bot token.

        Every replica has the same bot token and derives the same secret.
        """
        if self.webhook_secret is not None:
            return self.webhook_secret.get_secret_value()
        token = self.token.get_secret_value() if self.token else ""
        return hmac.new(token.encode(), b"palsbot webhook secret", hashlib.sha256).hexdigest()


def load(values: Mapping[str, Any] | None = None) -> Settings:
    """Loads the settings; `values` (by field name) override the environment, which overrides `.env`.

    Raises:
        BadSettings: with a line for each invalid setting. Values are not repeated: some are secret.
    """
    try:
        return Settings(**dict(values or {}))
    except ValidationError as error:
        problems = "\n".join(
            _sentence(problem) for problem in error.errors(include_input=False, include_url=False)
        )
    raise BadSettings(problems)


def _sentence(problem: Any) -> str:
    text = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:
        return f"{text}."
    text = text.replace("Input should be", "should be").replace("Input should", "should")
    return f"{PREFIX}{str(problem['loc'][0]).upper()} {text}."


def _host_and_port(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("should be a host and a port such as 127.0.0.1:8081")
    return host, int(port)
