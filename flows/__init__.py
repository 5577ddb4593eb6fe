"""Errands over the other rooms. The only room that imports Prefect."""
