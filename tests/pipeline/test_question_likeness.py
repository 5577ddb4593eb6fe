from pipeline.question_likeness import likeness


def best(question, blocks):
    (row,) = likeness([question], blocks)
    return row.index(max(row))


BLOCKS = [
    "Die Gerbergasse hat tiefe Schlaglöcher, der Bauhof füllt sie mit Asphalt.",
    "In der Krippe fehlen Erzieherinnen, die Warteliste ist lang.",
    "Das Hallenbad bleibt offen, das Dach wird saniert.",
]


def test_same_words_find_their_block():
    assert best("Wird das Hallenbad geschlossen?", BLOCKS) == 2


def test_compounds_find_their_parts():
    assert best("Warum bekommen wir keinen Krippenplatz?", BLOCKS) == 1
    assert best("So viele Löcher auf der Fahrbahn!", BLOCKS) == 0


def test_misheard_words_are_still_found():
    assert (
        best(
            "Schlaglöcher in der Gerbergasse",
            [*BLOCKS[1:], "Schlagwöcher in der Gerwergasse"],
        )
        == 2
    )


def test_question_about_something_else_resembles_nothing():
    assert likeness(["Weshalb wurde die Hundesteuer angehoben?"], BLOCKS) == [[0, 0, 0]]


def test_words_of_any_question_count_for_nothing():
    block = "Im nächsten Jahr hat die Stadt mehr Geld, sagt die Bürgermeisterin."

    assert (
        likeness(["Was plant die Stadt im nächsten Jahr?"], [block, *BLOCKS])[0][0] == 0
    )


def test_nothing_said_and_nothing_asked_are_no_error():
    assert likeness(["?"], [""]) == [[0.0]]
    assert likeness([], BLOCKS) == []
