"""Errands: what the machine does when rows ask for it. In reading order:

errors           what can keep an errand from being done
locks            one process of a kind on a data directory
leases           one errand in one pair of hands, renewed while it is worked on
lookout          has anything happened since we last looked?
site             the website, kept equal to what the rows say
steps            the parts of an errand
rehearsal        the private rehearsal folder, kept equal likewise
publishing       show what is due, take down what must go
publish_now      the same because a person asked, without Prefect
processing       from sealed recordings to a programme in review, step by step
retention        erase what is overdue
prefect_server   addresses, environment and health of the Prefect server
prefect_runs     the thin Prefect shell: an errand is a flow run, its steps are tasks
media_worker     the resident process that hears and composes
errands_worker   the resident process that publishes, retracts and erases
supervisor       starts all of it, restarts what dies, stops it in order

Only ``prefect_runs`` imports Prefect, and only the two workers import that: taking
something down works without it.
"""
