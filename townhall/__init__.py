"""What is true: nouns, rules, use cases, tables, audit and settings.

In reading order:

- ``media``      the frozen nouns that travel between the rooms
- ``errors``     the refusals a person can meet, each with its own sentence
- ``settings``   what an operator can set, read once
- ``database``   engine, sessions, the declarative class, moves between states
- ``audit``      the append-only, hash-chained trail
- ``errands``    leases and attempts of the work the flows do
- ``officehours``  the life of an office hour, from the date to the tombstone
"""
