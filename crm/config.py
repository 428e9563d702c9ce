"""Settings of one installation, from the environment (``CRM_…``) or a ``.env`` file; refused when they make no sense."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Names are the environment's, lower case without ``CRM_``."""

    model_config = SettingsConfigDict(env_prefix="CRM_", env_file=".env", extra="ignore")

    setup_token: str = ""
    session_idle_hours: float = Field(12, gt=0)
    session_days: float = Field(14, gt=0)
    trust_proxy: bool = False  # believe X-Forwarded-Proto and X-Forwarded-For
    allowed_domains: str = ""  # e-mail domains that OpenID Connect may bring in, separated by commas
    upload_max_mb: int = Field(200, gt=0)
    upload_max_rows: int = Field(1_000_000, gt=0)
    phone_region: str = "DE"  # for telephone numbers without a country code
    default_currency: str = "EUR"
    time_zone: str = "Europe/Berlin"
    forecast_workers: int = Field(2, gt=0)
    public_url: str = "http://localhost:8501"  # where the world finds us, for links in messages
    schedule: bool = True  # queue what is due by the clock: deadlines, maintenance, mailbox
    backup_folder: str = ""  # where the daily backups go, or s3://bucket/prefix; none are made without it
    backup_keep: int = Field(14, gt=0)  # days of which one stays, and weeks, and months
    backup_keep_weeks: int = Field(0, ge=0)
    backup_keep_months: int = Field(0, ge=0)
    s3_endpoint: str = ""  # of a storage that speaks S3; Amazon's own without it
    s3_region: str = "us-east-1"
    s3_key: str = ""
    s3_secret: SecretStr = SecretStr("")
    metrics_token: str = ""  # who may read /metrics from elsewhere; without it only this machine
    # Outgoing mail; without a host nothing is sent and everything waits.
    smtp_host: str = ""
    smtp_port: int = Field(587, gt=0, lt=65_536)
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    mail_from: str = ""  # "Brew & Berg <hello@example.com>"
    mail_bounce: str = ""  # envelope sender, where bounces go; default: the address of mail_from
    mail_per_minute: int = Field(120, gt=0)
    # The mailbox that bounces and replies are read from.
    imap_host: str = ""
    imap_port: int = Field(993, gt=0, lt=65_536)
    imap_user: str = ""
    imap_password: str = ""
    imap_folder: str = "INBOX"
    imap_after: Literal["seen", "leave", "move"] = (
        "seen"  # what happens to a message there after it was stored
    )
    imap_move_to: str = ""  # the folder for "move"
    mail_dropbox: str = ""  # copies of what colleagues send from their own programs become talks
    mail_max_mb: int = Field(25, gt=0)  # a larger message is kept without its largest parts
    file_max_mb: int = Field(20, gt=0)  # a file that somebody adds, and all files of one reply together

    def oidc_domains(self) -> frozenset[str]:
        """The allowed domains, lower case."""
        return frozenset(d.strip().lower() for d in self.allowed_domains.split(",") if d.strip())


@cache
def settings() -> Settings:
    """The settings of this process, read once; tests clear the cache."""
    return Settings()


def database_url_of_secrets(*folders: Path) -> str | None:
    """``[connections.crm] url`` of the first ``.streamlit/secrets.toml``, so that commands use the database of the screens.

    Looks into the given folders, else into the working folder and the home folder, as Streamlit does.
    """
    for folder in folders or (Path.cwd(), Path.home()):
        path = folder / ".streamlit" / "secrets.toml"
        if path.is_file():
            found = (
                tomllib.loads(path.read_text(encoding="utf-8"))
                .get("connections", {})
                .get("crm", {})
                .get("url")
            )
            if found:
                return str(found)
    return None
