from __future__ import annotations

import pytest

from townhall.errors import SettingsInvalid
from townhall.settings import (
    SETTINGS_FILE,
    Settings,
    documented_settings,
    read_settings,
)


def _write(folder, content):
    (folder / SETTINGS_FILE).write_text(content, "utf-8")


def test_without_a_file_every_setting_has_its_default(tmp_path):
    assert read_settings(tmp_path) == Settings()


def test_the_file_is_read_as_utf_8(tmp_path):
    _write(tmp_path, '[municipality]\nname = "Stadt Mühlstädt"\n')

    assert read_settings(tmp_path).municipality.name == "Stadt Mühlstädt"


def test_the_environment_overrules_the_file_key_by_key(tmp_path, monkeypatch):
    _write(tmp_path, '[speech]\nmodel = "small"\nthreads = 3\n')
    monkeypatch.setenv("SPRECHSTUNDE_SPEECH__MODEL", "/models/large")

    speech = read_settings(tmp_path).speech

    assert (speech.model, speech.threads) == ("/models/large", 3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[speech]\nmodle = 'x'", "speech.modle: Extra inputs are not permitted"),
        ("[speach]", "speach: Extra inputs are not permitted"),
        ("[speech]\nthreads = 0", "speech.threads: Input should be greater than"),
        ("[flows]\napi_port = 70000", "flows.api_port: Input should be less than"),
        ("[publishing]\nfour_eyes = 'perhaps'", "publishing.four_eyes: Input should"),
        ("[site]\ntimezone = 'Europe/Berln'", "no time zone named Europe/Berln"),
        ("[site]\ntimezone = '../../etc/passwd'", "no time zone named"),
        ("[retention]\nrecordings_days = -1", "retention.recordings_days: Input"),
        ("[speech", "Expected ']'"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_by_name(tmp_path, content, reason):
    _write(tmp_path, content)

    with pytest.raises(SettingsInvalid) as refusal:
        read_settings(tmp_path)

    assert str(tmp_path / SETTINGS_FILE) in refusal.value.message
    assert reason in refusal.value.message


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / SETTINGS_FILE).write_bytes(b"[municipality]\nname = 'M\xfchl'\n")

    with pytest.raises(SettingsInvalid, match="cannot be used"):
        read_settings(tmp_path)


def test_a_wrong_variable_of_the_environment_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SPRECHSTUNDE_SPEECH__THREADS", "many")

    with pytest.raises(SettingsInvalid, match=r"speech\.threads"):
        read_settings(tmp_path)


def test_every_setting_explains_itself_in_a_sentence():
    undocumented = [
        key
        for key, _default, explanation in documented_settings()
        if not explanation.endswith(".")
    ]

    assert undocumented == []
    assert len(documented_settings()) == sum(
        len(section.annotation.model_fields)
        for section in Settings.model_fields.values()
    )
