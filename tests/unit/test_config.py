"""Settings: where the database is, and what makes no sense."""

import pytest
from pydantic import ValidationError

from crm.config import Settings, database_url_of_secrets
from db.session import normal_url


def test_commands_use_the_database_of_the_screens(tmp_path):
    (tmp_path / "b" / ".streamlit").mkdir(parents=True)
    (tmp_path / "b" / ".streamlit" / "secrets.toml").write_text(
        '[connections.crm]\nurl = "postgresql://u@h/n"\n'
    )

    assert database_url_of_secrets(tmp_path / "a", tmp_path / "b") == "postgresql://u@h/n"
    assert database_url_of_secrets(tmp_path / "a") is None


def test_an_address_of_a_host_gets_the_driver_we_ship():
    assert normal_url("postgres://u:p@h/n") == "postgresql+psycopg://u:p@h/n"
    assert (
        normal_url("postgresql://u:p@h/n?sslmode=require") == "postgresql+psycopg://u:p@h/n?sslmode=require"
    )
    assert normal_url("sqlite:///data/x.db") == "sqlite:///data/x.db"


def test_a_setting_that_makes_no_sense_is_refused(monkeypatch):
    monkeypatch.setenv("CRM_UPLOAD_MAX_ROWS", "-1")

    with pytest.raises(ValidationError, match="upload_max_rows"):
        Settings()


def test_domains_are_read_without_regard_to_capitals_and_blanks(monkeypatch):
    monkeypatch.setenv("CRM_ALLOWED_DOMAINS", " Example.com, kaffe.dk ,")

    assert Settings().oidc_domains() == {"example.com", "kaffe.dk"}
