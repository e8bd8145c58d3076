"""A request that is repeated under its key does nothing twice."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.demo import letters
from local.demo.client import Api, Json, Services, eventually, ids_of
from tests.e2e.seeing import number_of, subjects, texts


def _key() -> str:
    return str(uuid.uuid4())


def test_the_same_request_gives_the_first_answer_again(agency: Api, services: Services, reference: str) -> None:
    """Same ids, a header that says so, one correspondence, one notice."""
    body = letters.letter(
        letters.KARI, letters.UNA, reference=reference, key=_key(), notification=letters.notice(reference)
    )
    first, second = agency.send(body), agency.send(body)
    assert second.status_code == 200
    assert ids_of(first) == ids_of(second)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    for id_ in ids_of(first):
        agency.until_status(id_, "Published")
    assert sorted(agency.search(letters.LETTERS, sendersReference=reference)) == sorted(ids_of(first))
    eventually("both mails", lambda: subjects(services, reference), lambda found: len(found) == 2)
    eventually("both SMS", lambda: texts(services, reference), lambda found: len(found) == 2)


def test_another_request_under_the_key_is_a_conflict_that_names_the_first(agency: Api, reference: str) -> None:
    """409 with 1034 and the ids that exist."""
    key = _key()
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, key=key))
    answer = agency.send(letters.letter(letters.UNA, reference=reference, key=key))
    assert (answer.status_code, number_of(answer.json())) == (409, 1034)
    assert id_ in answer.text
    assert agency.search(letters.LETTERS, sendersReference=reference) == [id_]


def test_a_key_finds_what_it_made(agency: Api, other_agency: Api, reference: str) -> None:
    """For its own service owner only; the other one may use the same key."""
    key = _key()
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, key=key))
    assert agency.search(letters.LETTERS, idempotentKey=key) == [id_]
    assert other_agency.search("second-letters", idempotentKey=key) == []
    (other,) = other_agency.sent(letters.letter(letters.KARI, reference=reference, resource="second-letters", key=key))
    assert other != id_


def _persistent(agency: Api, body: Json) -> tuple[str, ...]:
    """The ids that a client gets who comes again as often, and as late, as it is told to."""
    deadline = time.monotonic() + 120
    while (answer := agency.send(body)).status_code == 409:
        assert number_of(answer.json()) == 1034
        assert time.monotonic() < deadline, answer.text
        time.sleep(int(answer.headers["Retry-After"]))
    assert answer.status_code == 200, answer.text
    return tuple(ids_of(answer))


@pytest.mark.parametrize(
    ("callers", "rounds"), [(20, 3), pytest.param(100, 50, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_the_same_request_at_once_makes_one(agency: Api, reference: str, callers: int, rounds: int) -> None:
    """Those who come while the first is in flight are told to wait, and get its answer; nobody makes a second one."""
    made: list[str] = []
    with ThreadPoolExecutor(callers) as pool:
        for _ in range(rounds):
            body = letters.letter(letters.KARI, reference=reference, key=_key())
            answers = set(pool.map(lambda body: _persistent(agency, body), [body] * callers))
            assert len(answers) == 1
            made += answers.pop()
    assert len(set(made)) == rounds
    assert sorted(agency.search(letters.LETTERS, sendersReference=reference)) == sorted(made)


def test_a_refused_request_leaves_its_key_free(agency: Api, reference: str) -> None:
    """What was refused can be mended and sent under the same key."""
    key = _key()
    bad = letters.letter(letters.KARI, reference=reference, key=key, isConfirmationNeeded=True)
    assert agency.send(bad).status_code == 400
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, key=key))
    assert agency.search(letters.LETTERS, sendersReference=reference) == [id_]


def test_a_form_repeated_under_its_key_stores_its_file_once(agency: Api, reference: str) -> None:
    """The same attachment and correspondence come back."""
    body = letters.with_files(letters.letter(letters.KARI, reference=reference, key=_key()), "a.txt")
    first, second = (agency.send_form(body, [("a.txt", b"text")]) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
