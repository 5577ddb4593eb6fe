"""What an operator can set: a TOML file in the data directory, overruled by environment.

``SPRECHSTUNDE_SPEECH__MODEL=/models/large`` overrules ``[speech] model``. Every key
carries its own explanation; ``sprechstunde settings`` prints them all, and a test
compares them with docs/operations.md. Nothing else in the house reads the environment.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from townhall.errors import Phrase, SettingsInvalid, listed, phrase

SETTINGS_FILE = "sprechstunde.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MunicipalitySettings(_Section):
    """Who runs this house; the texts the law asks for."""

    name: str = Field("Musterstadt", description="Name as it stands on every page.")
    contact_email: str = Field(
        "sprechstunde@example.org", description="Where citizens write to."
    )
    imprint: str = Field(
        "Bitte in sprechstunde.toml unter [municipality] imprint eintragen.",
        description="Imprint (DDG § 5). Plain text, blank lines part paragraphs.",
    )
    privacy: str = Field(
        "Bitte in sprechstunde.toml unter [municipality] privacy eintragen.",
        description="Privacy notice (DSGVO Art. 13). Plain text.",
    )
    accessibility: str = Field(
        "Bitte in sprechstunde.toml unter [municipality] accessibility eintragen.",
        description="Accessibility statement (BITV 2.0). Plain text.",
    )
    arbitration_body: str = Field(
        "Bitte in sprechstunde.toml unter [municipality] arbitration_body eintragen.",
        description="Arbitration body of the Land for accessibility complaints.",
    )
    accessibility_reviewed_on: date | None = Field(
        None, description="Date of the last accessibility review, YYYY-MM-DD."
    )
    ask_url: str | None = Field(
        None, description="Where questions are handed in; empty: by e-mail."
    )


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError(
            "timezone_unknown", "there is no time zone named {name}", {"name": name}
        ) from None
    return name


class SiteSettings(_Section):
    """The public website."""

    url: str = Field(
        "http://127.0.0.1:8020",
        description="Public address without trailing slash, for feeds and share links.",
    )
    timezone: Annotated[str, AfterValidator(_known_timezone)] = Field(
        "Europe/Berlin", description="IANA name of the time zone."
    )
    languages: tuple[str, ...] = Field(
        ("de", "en"), description="Languages of the pages, the first one at the root."
    )
    search: bool = Field(True, description="Build the search index (Pagefind).")


class DatabaseSettings(_Section):
    """Where the rows are kept."""

    address: str | None = Field(
        None,
        description="SQLAlchemy address, e.g. postgresql+psycopg://user@host/name. "
        "Empty: SQLite in the data directory.",
    )


class SpeechSettings(_Section):
    """The machine that listens."""

    model: str | None = Field(
        None,
        description="Folder of a faster-whisper model, or a name fetched with "
        "`sprechstunde model add NAME`. Empty: the base model that is shipped.",
    )
    threads: int = Field(2, ge=1, description="Processor threads for decoding.")
    glossary: tuple[str, ...] = Field(
        (),
        description="Names the machine should know: streets, places, institutions. "
        "At most about 40 help.",
    )


class MediaSettings(_Section):
    """Composing and encoding."""

    workers: int = Field(2, ge=1, description="One-threaded encoders at a time.")
    ffmpeg: str = Field("ffmpeg", description="The ffmpeg program to run.")
    min_free_gb: float = Field(
        5.0, ge=0, description="Below this much free disk space, nothing new is built."
    )


class PublishingSettings(_Section):
    """Who may say yes."""

    four_eyes: bool = Field(
        True,
        description="The approver may not be the last editor (Vier-Augen-Prinzip).",
    )


class RetentionSettings(_Section):
    """What is erased when (DSGVO Art. 5 (1) e, Art. 17)."""

    recordings_days: int = Field(
        180, ge=0, description="Isolated tracks are erased this long after the sealing."
    )
    superseded_days: int = Field(
        14, ge=0, description="Files of versions nobody published, after this long."
    )
    flow_runs_days: int = Field(
        30, ge=1, description="Prefect's traces of finished work, after this long."
    )


class FlowSettings(_Section):
    """Prefect, on this machine only."""

    api_port: int = Field(
        4210, ge=1, le=65535, description="Loopback port of the Prefect server."
    )
    start_timeout_s: int = Field(
        180, ge=10, description="How long the Prefect server may take to answer."
    )


class Settings(BaseSettings):
    """All settings of one data directory."""

    model_config = SettingsConfigDict(
        env_prefix="SPRECHSTUNDE_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    municipality: MunicipalitySettings = MunicipalitySettings()
    site: SiteSettings = SiteSettings()
    database: DatabaseSettings = DatabaseSettings()
    speech: SpeechSettings = SpeechSettings()
    media: MediaSettings = MediaSettings()
    publishing: PublishingSettings = PublishingSettings()
    retention: RetentionSettings = RetentionSettings()
    flows: FlowSettings = FlowSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: Any,
        init_settings: Any,
        env_settings: Any,
        dotenv_settings: Any,
        file_secret_settings: Any,
    ) -> tuple[Any, ...]:
        """The environment overrules the file."""
        return (env_settings, init_settings)


def read_settings(data: Path) -> Settings:
    """The settings of a data directory.

    Raises:
        SettingsInvalid: a key is unknown or a value cannot be used.
    """
    path = data / SETTINGS_FILE
    try:
        content = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
        return Settings(**content)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid(path=path, reason=str(error)) from error
    except ValidationError as error:
        reason = listed(map(_told, error.errors()), between="; ")
        raise SettingsInvalid(path=path, reason=reason) from error


#: pydantic's own sentences, by its names for what is wrong, so that they can be translated
_PROBLEMS = {
    "extra_forbidden": phrase("Extra inputs are not permitted"),
    "greater_than_equal": phrase("Input should be greater than or equal to {ge}"),
    "less_than_equal": phrase("Input should be less than or equal to {le}"),
    "int_parsing": phrase(
        "Input should be a valid integer, unable to parse string as an integer"
    ),
    "int_type": phrase("Input should be a valid integer"),
    "float_parsing": phrase(
        "Input should be a valid number, unable to parse string as a number"
    ),
    "bool_parsing": phrase(
        "Input should be a valid boolean, unable to interpret input"
    ),
    "string_type": phrase("Input should be a valid string"),
    "tuple_type": phrase("Input should be a valid tuple"),
    "timezone_unknown": phrase("there is no time zone named {name}"),
}


def _told(problem: ErrorDetails) -> Phrase:
    """One problem of the file: which key, and what is wrong with it."""
    known = _PROBLEMS.get(problem["type"])
    return phrase(
        "{key}: {problem}",
        key=".".join(str(part) for part in problem["loc"]),
        problem=phrase(known.template, **problem.get("ctx", {}))
        if known
        else problem["msg"],
    )


def documented_settings() -> list[tuple[str, object, str]]:
    """Every key as (``section.key``, default, explanation)."""
    return [
        (f"{section}.{key}", field.default, field.description or "")
        for section, about in Settings.model_fields.items()
        if isinstance(about.annotation, type)
        and issubclass(about.annotation, BaseModel)
        for key, field in about.annotation.model_fields.items()
    ]
