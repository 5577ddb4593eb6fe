"""The commands, one file per thing they are about."""
