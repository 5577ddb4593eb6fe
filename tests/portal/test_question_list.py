"""Lists of questions as spreadsheets in German offices really write them."""

import pytest

from portal.question_list import ListedQuestion, read_question_list
from townhall.errors import InvalidInput
from townhall.officehours.questions import Channel

HEADER = "ref,author,email,channel,topic,text\n"


def _list(tmp_path, content, *, encoding="utf-8"):
    path = tmp_path / "fragen.csv"
    path.write_bytes(content.encode(encoding))
    return path


def test_list_with_all_columns_is_read(tmp_path):
    path = _list(
        tmp_path,
        HEADER + '7,Ayşe Öz,oez@example.org,email,Radwege,"Wann, bitte, kommt er?"\n',
    )

    questions = read_question_list(path)

    assert questions == [
        ListedQuestion(
            line=2,
            ref="7",
            author="Ayşe Öz",
            email="oez@example.org",
            channel=Channel.EMAIL,
            topic="Radwege",
            text="Wann, bitte, kommt er?",
        )
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_spreadsheets_of_all_kinds_are_read(tmp_path, separator, encoding):
    path = _list(
        tmp_path,
        f"Ref{separator}Text\r\n1{separator}Wo sind die Bänke?\r\n\r\n",
        encoding=encoding,
    )

    questions = read_question_list(path)

    assert [(q.ref, q.text, q.channel) for q in questions] == [
        ("1", "Wo sind die Bänke?", Channel.WEB)
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "fragen.csv: the file is empty"),
        (
            "nummer,frage\n1,Warum?\n",
            (
                "fragen.csv: the first line must name the columns "
                "ref,author,email,channel,topic,text; found nummer,frage"
            ),
        ),
        (
            HEADER + "1,A,a@b,fax,T,Warum?\n",
            "fragen.csv, line 2: channel fax is none of web, email, social, phone, on_air",
        ),
        (HEADER + "1,A,a@b,web,T,\n", "fragen.csv, line 2: the question is empty"),
        (
            HEADER + "1,A,a@b,web,T,Warum?,noch was\n",
            "fragen.csv, line 2: it has more or fewer columns than the first line",
        ),
    ],
)
def test_list_that_cannot_be_used_is_refused_with_its_line(tmp_path, content, sentence):
    with pytest.raises(InvalidInput) as refusal:
        read_question_list(_list(tmp_path, content))

    assert refusal.value.message == sentence


def test_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="there is no such file"):
        read_question_list(tmp_path / "nirgends.csv")


def test_a_very_long_field_is_read_so_that_it_can_be_refused_as_a_question(tmp_path):
    (question,) = read_question_list(_list(tmp_path, "text\n" + "a" * 300_000 + "\n"))

    assert len(question.text) == 300_000
