"""Settings of one installation, from the environment (``CRM_…``) or a ``.env`` file; refused when they make no sense."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import Field
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
