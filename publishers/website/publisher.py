"""Building the public website from what the town hall says is public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishers.website.assets import assets
from publishers.website.draft import Draft
from publishers.website.pages import Page, pages_of
from publishers.website.releases import INDEX_FOLDER, Manifest, Release, ReleaseFolder
from publishers.website.search_index import build_index, search_digest
from publishers.website.site_plan import SitePlan
from publishers.website.templates import builder_digest

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from townhall.publishing import SiteContent


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteBuild:
    """What a build did."""

    release: int  #: number of the release people see now
    path: Path
    content_digest: str
    rendered: tuple[str, ...]  #: paths written anew
    pages_reused: int  #: taken over from the release before
    search_indexed: bool  #: whether the search index was made anew

    @property
    def pages_rendered(self) -> int:
        """How many pages were written anew."""
        return len(self.rendered)


class WebsitePublisher:
    """Keeps one folder showing exactly what is public, nothing else."""

    def __init__(self, folder: Path, *, search: bool = True) -> None:
        """Publish into ``folder``; the web server shows ``folder/current``."""
        self.releases = ReleaseFolder(folder)
        self.search = search

    def build(self, content: SiteContent, *, now: datetime) -> SiteBuild:
        """Bring the website to ``content``; equal content at the same time does nothing.

        What is public no longer is gone when this returns: from the site, from old
        releases, from the search. Where something has to go, the pages are switched
        at once without search, and the search comes back with its new index.

        Raises:
            ContentRefused: something cannot be used in an address.
            MediaMissing: a file of a programme is not there or not the approved one.
            IndexFailed: the pages are switched; only the search is missing.
        """
        plan = SitePlan(content, now=now, search=self.search)
        pages = pages_of(plan)
        wanted = search_digest(plan) if plan.search else None
        rendered: tuple[str, ...] = ()
        indexed = False
        with self.releases.building() as lock:
            release = before = self.releases.current()
            index = _index_to_keep(before, plan, wanted)
            if release is None or not _same(release, plan, pages, index):
                release, rendered = self._release(plan, pages, before, index)
            self._clean_old_release(release, plan)
            if wanted is not None and release.manifest.search_digest != wanted:
                made = build_index(plan, drafts=self.releases.drafts, lock=lock)
                release, _ = self._release(plan, pages, release, (made, wanted))
                self._clean_old_release(release, plan)
                indexed = True
            self.releases.settle(release)
        return SiteBuild(
            release=release.number,
            path=release.path,
            content_digest=plan.content_digest,
            rendered=rendered,
            pages_reused=len(pages) - len(rendered),
            search_indexed=indexed,
        )

    def _release(
        self,
        plan: SitePlan,
        pages: list[Page],
        before: Release | None,
        index: tuple[Path, str] | None,
    ) -> tuple[Release, tuple[str, ...]]:
        """Put a new release together out of what is there already, and switch to it."""
        draft = Draft(self.releases.open_draft(), before)
        rendered = [
            page.path
            for page in pages
            if draft.put_page(page.path, page.key, page.render)
        ]
        draft.drop_pages_except({page.path for page in pages})
        draft.put_assets(dict(assets().values()))
        draft.put_media(
            {hour.media_folder: hour.media.values() for hour in plan.published}
        )
        draft.put_index(index)
        manifest = Manifest(
            builder_digest=builder_digest(),
            content_digest=plan.content_digest,
            moment_digest=plan.moment_digest,
            search_digest=index[1] if index else None,
            pages={page.path: page.key for page in pages},
            media=tuple(hour.media_folder for hour in plan.published),
            claims=plan.claims,
        )
        return self.releases.switch_to(draft.path, manifest), tuple(rendered)

    def _clean_old_release(self, release: Release, plan: SitePlan) -> None:
        """See to it that the release kept beside ``release`` holds nothing that is gone.

        Where there is none yet, one is made: the next change then costs what changed.
        """
        other = self.releases.other()
        if other is not None and other.manifest.claims <= plan.claims:
            return
        draft = Draft(self.releases.open_draft(), release)
        draft.become(release, dict(assets().values()))
        self.releases.keep_beside(draft.path, release.manifest)


def built_digest(folder: Path) -> str | None:
    """The content digest of the site in ``folder``; ``None`` when a build is due."""
    release = ReleaseFolder(folder).settled()
    return release.manifest.content_digest if release else None


def is_up_to_date(folder: Path, content: SiteContent, *, now: datetime) -> bool:
    """Whether a build would change nothing: no content, no date passed, no newer program."""
    release = ReleaseFolder(folder).settled()
    if release is None:
        return False
    plan = SitePlan(content, now=now, search=False)
    manifest = release.manifest
    return (
        manifest.content_digest,
        manifest.moment_digest,
        manifest.builder_digest,
    ) == (
        plan.content_digest,
        plan.moment_digest,
        builder_digest(),
    )


def _index_to_keep(
    before: Release | None, plan: SitePlan, wanted: str | None
) -> tuple[Path, str] | None:
    """The search index of the release before, unless something in it had to go."""
    if wanted is None or before is None or before.manifest.search_digest is None:
        return None
    old = before.manifest.search_digest
    if old != wanted and not before.manifest.claims <= plan.claims:
        return None
    return before.path / INDEX_FOLDER, old


def _same(
    release: Release, plan: SitePlan, pages: list[Page], index: tuple[Path, str] | None
) -> bool:
    manifest = release.manifest
    return (
        manifest.content_digest == plan.content_digest
        and manifest.moment_digest == plan.moment_digest
        and manifest.search_digest == (index[1] if index else None)
        and manifest.pages == {page.path: page.key for page in pages}
    )
