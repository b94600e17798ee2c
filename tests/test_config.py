"""Settings: sources and precedence, defaults, and a sentence for each invalid one."""

from pathlib import Path

import pytest

from bot.config import BadSettings, Settings, load

TOKEN = "123456789:AAE-a_token_of_the_right_shape_0000"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a .env file, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PALSBOT_{name.upper()}", raising=False)


def test_without_settings_the_defaults_apply() -> None:
    assert load().model_dump() == {
        "token": None,
        "api": "https://api.telegram.org",
        "database_url": "sqlite:///palsbot.db",
        "public_url": None,
        "webhook_secret": None,
        "listen": "127.0.0.1:8081",
        "secret_keys": (),
        "rate": 30.0,
        "restore_guard": Path("palsbot.alive"),
    }


def test_the_environment_overrides_the_file_and_given_values_override_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "PALSBOT_RATE=5\nPALSBOT_LISTEN=0.0.0.0:80\nPALSBOT_API=http://file\nOTHER=1\n"
    )
    monkeypatch.setenv("PALSBOT_LISTEN", "[::1]:8082")
    monkeypatch.setenv("PALSBOT_API", "http://environment")
    settings = load({"api": "http://127.0.0.1:8090/"})
    assert (settings.rate, settings.listen_address) == (5.0, ("::1", 8082))
    assert settings.base_url == "http://127.0.0.1:8090/bot"
    assert settings.base_file_url == "http://127.0.0.1:8090/file/bot"


def test_keys_are_split_and_empty_values_are_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALSBOT_SECRET_KEYS", "new, old ,")
    monkeypatch.setenv("PALSBOT_TOKEN", "")
    monkeypatch.setenv("PALSBOT_PUBLIC_URL", " ")
    settings = load()
    assert [key.get_secret_value() for key in settings.secret_keys] == ["new", "old"]
    assert (settings.token, settings.public_url) == (None, None)


def test_secrets_are_masked_in_repr() -> None:
    settings = load(
        {
            "token": TOKEN,
            "webhook_secret": "hush",
            "secret_keys": "k1",
            "database_url": "postgresql://u:pw@h/d",
        }
    )
    shown = f"{settings!r} {settings}"
    assert [secret for secret in (TOKEN, "hush", "k1", "pw@") if secret in shown] == []


def test_the_default_webhook_secret_is_derived_from_the_token() -> None:
    one, other, stranger = (load({"token": token}) for token in (TOKEN, TOKEN, "1:other"))
    assert one.secret_for_webhook() == other.secret_for_webhook() != stranger.secret_for_webhook()
    assert load({"token": TOKEN, "webhook_secret": "mine"}).secret_for_webhook() == "mine"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "TOKEN",
            "secret-but-wrong",
            "PALSBOT_TOKEN should look like 123456789:AbC-dEf, as BotFather gives it.",
        ),
        ("RATE", "fast", "PALSBOT_RATE should be a valid number, unable to parse string as a number."),
        ("RATE", "0", "PALSBOT_RATE should be greater than 0."),
        ("LISTEN", "8081", "PALSBOT_LISTEN should be a host and a port such as 127.0.0.1:8081."),
        ("LISTEN", "a:99999", "PALSBOT_LISTEN should be a host and a port such as 127.0.0.1:8081."),
        (
            "API",
            "telegram",
            "PALSBOT_API should be an address such as https://example.org or http://127.0.0.1:8090.",
        ),
        ("DATABASE_URL", "mysql://x", "PALSBOT_DATABASE_URL should begin with sqlite:/// or postgresql://."),
        (
            "WEBHOOK_SECRET",
            "å",
            "PALSBOT_WEBHOOK_SECRET should be 1 to 256 of the letters A-Z, a-z, 0-9, _ and -.",
        ),
        (
            "PUBLIC_URL",
            "http://example.org",
            "PALSBOT_PUBLIC_URL should begin with https: Telegram sends to nothing else.",
        ),
    ],
)
def test_an_invalid_setting_raises_with_a_sentence(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"PALSBOT_{name}", value)
    with pytest.raises(BadSettings) as caught:
        load()
    assert str(caught.value) == sentence
    assert caught.value.__context__ is None


def test_every_invalid_setting_gets_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALSBOT_RATE", "-1")
    monkeypatch.setenv("PALSBOT_LISTEN", "")
    with pytest.raises(BadSettings) as caught:
        load()
    assert [line.split()[0] for line in str(caught.value).splitlines()] == ["PALSBOT_LISTEN", "PALSBOT_RATE"]
