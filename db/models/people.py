"""Users, teams, roles and their grants, credentials and sign-in sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint, false

from db.models.base import Base, ForeignKey, Mapped, Versioned, about, mapped_column, text, utc_now


class Team(Versioned, Base):
    """A group of users that shares rows; an office, a department."""

    __tablename__ = "teams"
    __guard__ = "open"
    __entity__ = "team"
    __about__ = {
        "label": "Team",
        "plural": "Teams",
        "icon": ":material/groups:",
        "title": "name",
        "keys": ("name",),
        "aliases": ("office", "offices", "sales_teams"),
    }

    name: Mapped[str] = mapped_column(
        text(),
        unique=True,
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("team", "office", "regional office", "department"),
        ),
    )
    name_key: Mapped[str] = mapped_column(text(), index=True, default="")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class Role(Versioned, Base):
    """A named set of grants; the four that come with Rapport cannot be removed."""

    __tablename__ = "roles"
    __guard__ = "open"
    __entity__ = "user"

    key: Mapped[str] = mapped_column(text(40), unique=True)
    name: Mapped[str] = mapped_column(text(80))
    built_in: Mapped[bool] = mapped_column(default=False)


class Grant(Base):
    """How far one role reaches for one action on one entity: none, own, team or all."""

    __tablename__ = "grants"
    __guard__ = "open"
    __entity__ = "user"
    __table_args__ = (UniqueConstraint("role_id", "entity", "action"),)

    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"))
    entity: Mapped[str] = mapped_column(text(40))
    action: Mapped[str] = mapped_column(text(20))
    scope: Mapped[str] = mapped_column(text(10))


class User(Versioned, Base):
    """A person who works here. Without an e-mail address they own records but cannot sign in."""

    __tablename__ = "users"
    __guard__ = "open"
    __entity__ = "user"
    __about__ = {
        "label": "User",
        "plural": "Users",
        "icon": ":material/badge:",
        "title": "name",
        "keys": ("email", "name"),
        "aliases": ("employees", "staff", "sales agents", "agents", "sales reps", "sales_teams"),
    }

    name: Mapped[str] = mapped_column(
        text(),
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("full name", "sales agent", "agent", "employee", "user", "sales rep"),
        ),
    )
    name_key: Mapped[str] = mapped_column(text(), index=True, default="")
    email: Mapped[str | None] = mapped_column(
        text(254),
        unique=True,
        info=about(
            "E-mail",
            "email",
            search=True,
            personal=True,
            aliases=("email", "mail", "e-mail address"),
        ),
    )
    role_id: Mapped[int | None] = mapped_column(
        ForeignKey("roles.id"), info={"label": "Role", "kind": "link", "link": "role", "import": False}
    )
    team_id: Mapped[int | None] = mapped_column(
        ForeignKey("teams.id"),
        index=True,
        info=about(
            "Team",
            "link",
            link="team",
            filter=True,
            aliases=("office", "regional office", "department", "team"),
        ),
    )
    manager_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id"),
        index=True,
        info=about(
            "Manager",
            "link",
            link="user",
            filter=True,
            aliases=("manager", "reports to", "supervisor", "boss"),
        ),
    )
    job_title: Mapped[str | None] = mapped_column(
        text(), info=about("Job title", "text", aliases=("title", "position"))
    )
    language: Mapped[str] = mapped_column(text(8), default="en", server_default="en")
    # Whose numbers and dates they read, as "de_CH"; null is those of the language.
    formats: Mapped[str | None] = mapped_column(text(20))
    is_active: Mapped[bool] = mapped_column(default=True, info=about("Active", "boolean", filter=True))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)


class Membership(Base):
    """Further teams whose rows a user shares, beside the user's own team."""

    __tablename__ = "memberships"
    __guard__ = "open"
    __entity__ = "user"
    __table_args__ = (UniqueConstraint("user_id", "team_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))


class Credential(Base):
    """The Argon2 hash of a user's password; never part of a log, a list or an export."""

    __tablename__ = "credentials"
    __logged__ = False

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    password_hash: Mapped[str] = mapped_column(text(255))
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)
    # Somebody else chose it, so its person takes another one at the next sign-in.
    must_change: Mapped[bool] = mapped_column(default=False, server_default=false())


class PasswordLink(Base):
    """A way to choose a password, for an hour and once; only the SHA-256 of its token is kept."""

    __tablename__ = "password_links"
    __logged__ = False

    token_hash: Mapped[str] = mapped_column(text(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(text(254))
    kind: Mapped[str] = mapped_column(text(20))
    made_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginSession(Base):
    """A signed-in browser; only the SHA-256 of its token is kept."""

    __tablename__ = "login_sessions"
    __logged__ = False

    token_hash: Mapped[str] = mapped_column(text(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime] = mapped_column(default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]
    how: Mapped[str] = mapped_column(text(20), default="password")
    # The browser's own words, to recognise it by.
    device: Mapped[str | None] = mapped_column(text(200))


class ApiToken(Base):
    """What lets a program call the API as its person; only the SHA-256 is kept, and the beginning to recognise it by."""

    __tablename__ = "api_tokens"
    __logged__ = False

    token_hash: Mapped[str] = mapped_column(text(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(text(80))
    prefix: Mapped[str] = mapped_column(text(20))
    may_write: Mapped[bool] = mapped_column(default=False)
    # Names of rights; null is everything that the person reaches.
    entities: Mapped[list[str] | None]
    made_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class SignInFailure(Base):
    """A failed sign-in, counted per account and address for a minute."""

    __tablename__ = "sign_in_failures"
    __logged__ = False

    account: Mapped[str] = mapped_column(text(64), index=True)
    address: Mapped[str] = mapped_column(text(64), index=True)
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
