"""From tracks to finished media: files in, nouns out. No database, no Prefect."""
