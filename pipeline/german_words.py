"""German words that carry grammar, not meaning.

Looks back at: nothing.  Is looked at by: names, answers, captions.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARTICLES_AND_PREPOSITIONS: Final = _words(
    """
    der die das des dem den ein eine einer eines einem einen kein keine keiner keines
    keinem keinen mein meine meiner meinem meinen unser unsere unserer unserem unseren
    ihr ihre ihrer ihrem ihren sein seine seiner seinem seinen dieser diese dieses diesem
    diesen an am auf aus bei beim bis durch für gegen in im ins mit nach ohne seit über um
    unter von vom vor während wegen zu zum zur zwischen
    """
)

CONJUNCTIONS: Final = _words(
    """
    und oder aber denn sondern sowie doch dass weil wenn ob damit obwohl während bevor
    nachdem sobald solange bis als wie wo wer was wann warum welche welcher welches
    deshalb dann danach
    """
)

FUNCTION_WORDS: Final = (
    ARTICLES_AND_PREPOSITIONS
    | CONJUNCTIONS
    | _words(
        """
        ich du er sie es wir ihr man mich dich sich uns euch mir dir ihm ihn ihnen euer
        bin bist ist sind seid war waren wäre wären gewesen sein haben habe hat hatte
        hatten hätte werden werde wird wurde wurden würde würden worden können kann konnte
        könnte könnten müssen muss musste müsste sollen soll sollte wollen will wollte
        dürfen darf möchte möchten mögen lassen lässt machen macht gemacht gehen geht gibt
        geben kommt kommen nicht nein ja auch noch nur schon sehr so mehr immer wieder hier
        da dort nun jetzt heute morgen gestern alle alles allem allen etwas nichts viel
        viele vielen wenig jeder jede jedes jedem jeden mal einmal zweimal weshalb wieso
        wohin woher wofür dafür dabei davon dazu dadurch darauf darüber darum daran also
        eben halt etwa ganz gar sogar bereits endlich eigentlich leider natürlich bitte
        danke dank vielen guten gut tag abend frau herr herrn frage fragen zwei drei
        welchen welchem solche solcher solchen beide beiden anderen andere
        """
    )
)

#: words that any question to a town hall may hold: they don't tell one from another
EVERYDAY_WORDS: Final = _words(
    """
    jahr jahre jahren jahres frühjahr monat monate monaten woche wochen zeit zeiten tage
    tagen stadt gemeinde ort bürger bürgerinnen bürgern bürgermeister bürgermeisterin leute
    leuten menschen problem probleme thema sache sachen uhr euro cent prozent million
    millionen geld kosten kostet neu neue neuen neuer neues neuem groß große großen großer
    großes klein kleine kleinen hoch lang lange langen seit wissen weiß stark starke
    geplant plant planen plan unternimmt unternehmen tun tut sagen sagt meinung stelle
    stellen teil nächste nächsten nächstes nächster letzte letzten bekommt bekommen kriegen
    wirklich genau weiter bleibt bleiben sommer herbst winter januar februar märz april mai
    juni juli august september oktober november dezember montag dienstag mittwoch
    donnerstag freitag samstag sonntag
    """
)
