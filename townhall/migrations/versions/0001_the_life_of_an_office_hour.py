"""The life of an office hour"""

import sqlalchemy as sa
from alembic import op
import townhall.database

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', townhall.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('act', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('previous_hash', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    op.create_table('errand',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('step', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('state', sa.Enum('running', 'done', 'paused', 'failed', name='errandstate', native_enum=False, length=32), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('worker', sa.String(), nullable=True),
    sa.Column('leased_until', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('not_before', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('started_at', townhall.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('progress', sa.String(), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_errand'))
    )
    op.create_table('office_hour',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('description', sa.String(), nullable=True),
    sa.Column('host_name', sa.String(), nullable=False),
    sa.Column('host_office', sa.String(), nullable=True),
    sa.Column('starts_at', townhall.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('questions_until', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('state', sa.Enum('draft', 'announced', 'live', 'held', 'cancelled', name='officehourstate', native_enum=False, length=32), nullable=False),
    sa.Column('cancellation_reason', sa.String(), nullable=True),
    sa.Column('announced_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('changed_at', townhall.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_office_hour')),
    sa.UniqueConstraint('slug', name=op.f('uq_office_hour_slug'))
    )
    op.create_table('consultation',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('office_hour_id', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('planned', 'open', 'closed', name='consultationstate', native_enum=False, length=32), nullable=False),
    sa.ForeignKeyConstraint(['office_hour_id'], ['office_hour.id'], name=op.f('fk_consultation_office_hour_id_office_hour')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consultation')),
    sa.UniqueConstraint('office_hour_id', 'position', name=op.f('uq_consultation_office_hour_id'))
    )
    with op.batch_alter_table('consultation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_consultation_office_hour_id'), ['office_hour_id'], unique=False)

    op.create_table('programme',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('office_hour_id', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('building', 'in_review', 'approved', 'refused', 'superseded', name='programmestate', native_enum=False, length=32), nullable=False),
    sa.Column('parts', sa.JSON(), nullable=False),
    sa.Column('editor', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('refused_because', sa.String(), nullable=True),
    sa.Column('digest', sa.String(), nullable=True),
    sa.Column('build', sa.JSON(), nullable=True),
    sa.Column('created_at', townhall.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('built_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('files_erased_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['office_hour_id'], ['office_hour.id'], name=op.f('fk_programme_office_hour_id_office_hour')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme')),
    sa.UniqueConstraint('office_hour_id', 'version', name=op.f('uq_programme_office_hour_id'))
    )
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_programme_office_hour_id'), ['office_hour_id'], unique=False)

    op.create_table('question',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('office_hour_id', sa.String(), nullable=False),
    sa.Column('ref', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('topic', sa.String(), nullable=True),
    sa.Column('channel', sa.Enum('web', 'email', 'social', 'phone', 'on_air', name='channel', native_enum=False, length=32), nullable=False),
    sa.Column('state', sa.Enum('submitted', 'confirmed', 'accepted', 'refused', 'merged', 'answered', 'written_answer', 'withdrawn', name='questionstate', native_enum=False, length=32), nullable=False),
    sa.Column('refusal_reason', sa.String(), nullable=True),
    sa.Column('merged_into_id', sa.String(), nullable=True),
    sa.Column('written_answer', sa.String(), nullable=True),
    sa.Column('submitted_at', townhall.database.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['merged_into_id'], ['question.id'], name=op.f('fk_question_merged_into_id_question')),
    sa.ForeignKeyConstraint(['office_hour_id'], ['office_hour.id'], name=op.f('fk_question_office_hour_id_office_hour')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question')),
    sa.UniqueConstraint('office_hour_id', 'ref', name=op.f('uq_question_office_hour_id'))
    )
    with op.batch_alter_table('question', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_question_office_hour_id'), ['office_hour_id'], unique=False)

    op.create_table('approval',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('programme_id', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('channel', sa.Enum('website', 'rehearsal', name='publishingchannel', native_enum=False, length=32), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('approved_at', townhall.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('not_before', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_approval_programme_id_programme')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval'))
    )
    with op.batch_alter_table('approval', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_approval_programme_id'), ['programme_id'], unique=False)

    op.create_table('asker',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('question_id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=True),
    sa.Column('email', sa.String(), nullable=True),
    sa.Column('may_be_named', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_asker_question_id_question')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_asker'))
    )
    with op.batch_alter_table('asker', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_asker_question_id'), ['question_id'], unique=False)

    op.create_table('participant',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('consultation_id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('role', sa.Enum('host', 'moderator', 'citizen', name='role', native_enum=False, length=32), nullable=False),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultation.id'], name=op.f('fk_participant_consultation_id_consultation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_participant')),
    sa.UniqueConstraint('consultation_id', 'name', name=op.f('uq_participant_consultation_id'))
    )
    with op.batch_alter_table('participant', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_participant_consultation_id'), ['consultation_id'], unique=False)

    op.create_table('publication',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('programme_id', sa.String(), nullable=False),
    sa.Column('channel', sa.Enum('website', 'rehearsal', name='publishingchannel', native_enum=False, length=32), nullable=False),
    sa.Column('state', sa.Enum('due', 'publishing', 'published', 'retracting', 'retracted', 'replaced', 'failed', name='publicationstate', native_enum=False, length=32), nullable=False),
    sa.Column('due_at', townhall.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('published_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('retracted_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('retract_requested_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('retract_reason', sa.String(), nullable=True),
    sa.Column('address', sa.String(), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_publication_programme_id_programme')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_publication')),
    sa.UniqueConstraint('programme_id', 'channel', name=op.f('uq_publication_programme_id'))
    )
    with op.batch_alter_table('publication', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_publication_programme_id'), ['programme_id'], unique=False)

    op.create_table('recording',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('consultation_id', sa.String(), nullable=False),
    sa.Column('state', sa.Enum('open', 'sealed', 'erased', name='recordingstate', native_enum=False, length=32), nullable=False),
    sa.Column('source_digest', sa.String(), nullable=False),
    sa.Column('duration_s', sa.Double(), nullable=False),
    sa.Column('sealed_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('erased_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('speech_spans', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultation.id'], name=op.f('fk_recording_consultation_id_consultation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recording')),
    sa.UniqueConstraint('consultation_id', name=op.f('uq_recording_consultation_id')),
    sa.UniqueConstraint('source_digest', name=op.f('uq_recording_source_digest'))
    )
    op.create_table('consent',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('participant_id', sa.String(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('level', sa.Enum('picture_and_sound', 'sound', 'sound_without_name', 'none', name='consentlevel', native_enum=False, length=32), nullable=False),
    sa.Column('wording_version', sa.String(), nullable=False),
    sa.Column('given_at', townhall.database.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['participant_id'], ['participant.id'], name=op.f('fk_consent_participant_id_participant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent')),
    sa.UniqueConstraint('participant_id', 'number', name=op.f('uq_consent_participant_id'))
    )
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_consent_participant_id'), ['participant_id'], unique=False)

    op.create_table('recording_mark',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('recording_id', sa.String(), nullable=False),
    sa.Column('question_id', sa.String(), nullable=False),
    sa.Column('at_s', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_recording_mark_question_id_question')),
    sa.ForeignKeyConstraint(['recording_id'], ['recording.id'], name=op.f('fk_recording_mark_recording_id_recording')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recording_mark'))
    )
    with op.batch_alter_table('recording_mark', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recording_mark_recording_id'), ['recording_id'], unique=False)

    op.create_table('track',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('recording_id', sa.String(), nullable=False),
    sa.Column('participant_id', sa.String(), nullable=True),
    sa.Column('kind', sa.Enum('audio', 'video', name='trackkind', native_enum=False, length=32), nullable=False),
    sa.Column('path', sa.String(), nullable=False),
    sa.Column('offset_ms', sa.Integer(), nullable=False),
    sa.Column('duration_s', sa.Double(), nullable=False),
    sa.Column('clock_slope', sa.Double(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('erased_at', townhall.database.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['participant_id'], ['participant.id'], name=op.f('fk_track_participant_id_participant')),
    sa.ForeignKeyConstraint(['recording_id'], ['recording.id'], name=op.f('fk_track_recording_id_recording')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_track'))
    )
    with op.batch_alter_table('track', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_track_recording_id'), ['recording_id'], unique=False)

    op.create_table('transcript_revision',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('recording_id', sa.String(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('segments', sa.JSON(), nullable=False),
    sa.Column('editor', sa.String(), nullable=False),
    sa.Column('created_at', townhall.database.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['recording_id'], ['recording.id'], name=op.f('fk_transcript_revision_recording_id_recording')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transcript_revision')),
    sa.UniqueConstraint('recording_id', 'number', name=op.f('uq_transcript_revision_recording_id'))
    )
    with op.batch_alter_table('transcript_revision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transcript_revision_recording_id'), ['recording_id'], unique=False)
    _protect_audit_trail()


def _protect_audit_trail() -> None:
    """The trail is append-only: the database itself refuses anything else."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_is_append_only() RETURNS trigger AS $$ "
            "BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$ "
            "LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        )
    # INSERT OR REPLACE removes the old entry without asking the trigger on DELETE
    op.execute(
        "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit_entry "
        "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only() CASCADE")
    with op.batch_alter_table('transcript_revision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_transcript_revision_recording_id'))

    op.drop_table('transcript_revision')
    with op.batch_alter_table('track', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_track_recording_id'))

    op.drop_table('track')
    with op.batch_alter_table('recording_mark', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_recording_mark_recording_id'))

    op.drop_table('recording_mark')
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_consent_participant_id'))

    op.drop_table('consent')
    op.drop_table('recording')
    with op.batch_alter_table('publication', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_publication_programme_id'))

    op.drop_table('publication')
    with op.batch_alter_table('participant', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_participant_consultation_id'))

    op.drop_table('participant')
    with op.batch_alter_table('asker', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_asker_question_id'))

    op.drop_table('asker')
    with op.batch_alter_table('approval', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_approval_programme_id'))

    op.drop_table('approval')
    with op.batch_alter_table('question', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_question_office_hour_id'))

    op.drop_table('question')
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_programme_office_hour_id'))

    op.drop_table('programme')
    with op.batch_alter_table('consultation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_consultation_office_hour_id'))

    op.drop_table('consultation')
    op.drop_table('office_hour')
    op.drop_table('errand')
    op.drop_table('audit_entry')
