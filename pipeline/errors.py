"""What can go wrong between tracks and finished media.

PipelineError
├── MediaRefused        the file's fault: bringing it again as it is cannot help
│   ├── MediaUnreadable
│   ├── MediaEmpty
│   ├── MediaChanging
│   ├── FolderInvalid
│   └── SeveralRefused
├── FfmpegFailed        ffmpeg's fault or ours
├── FfmpegMissing       the machine's fault
└── ModelMissing        the machine's fault
"""

from __future__ import annotations

from typing import cast

from townhall.errors import SprechstundeError


class PipelineError(SprechstundeError):
    """The media could not be processed."""


class MediaRefused(PipelineError):
    """{file} cannot be used: {reason}"""


class MediaUnreadable(MediaRefused):
    """{file} is not a readable recording: {reason}"""


class MediaEmpty(MediaRefused):
    """{file} holds no sound and no picture, or lasts 0 seconds."""


class MediaChanging(MediaRefused):
    """{file} changed while it was read. Wait until it is completely written, then import again."""


class FolderInvalid(MediaRefused):
    """{file}: {reason}"""


class SeveralRefused(MediaRefused):
    """{count} things are wrong with this recording:{listing}"""

    @property
    def problems(self) -> tuple[MediaRefused, ...]:
        """Each of them as the error it would be alone."""
        return cast("tuple[MediaRefused, ...]", self.details["problems"])


class FfmpegFailed(PipelineError):
    """ffmpeg ended with status {status}: {stderr_tail}"""

    retryable = True


class FfmpegMissing(PipelineError):
    """{program} was not found. Install it with: apt install ffmpeg"""


class ModelMissing(PipelineError):
    """The speech model is missing: {reason}"""
