"""Journeys that Hypothesis makes up: senders, recipients, the clock and a bus that repeats itself, in any order."""

import itertools
import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from shared.usecases.attachments import SCANNED_WITHIN
from tests.journeys.model import ENDS_REMINDING, REMINDED_AFTER, File, Letter, expected_of, note

AGENCY, PERSON = "agency", "person"
RECIPIENT = "01838510058"
CLEAN = b"a clean file, number "
ACTIONS = ("overview", "content", "markasread", "confirm", "archive", "unarchive", "markasunread", "download", "purge")
_CALLS = {
    "overview": ("GET", ""),
    "content": ("GET", "/content"),
    "purge": ("DELETE", "/purge"),
}
_LEAPS = st.sampled_from(
    [
        timedelta(minutes=1),
        timedelta(hours=2),
        timedelta(days=1),
        timedelta(days=3),
        REMINDED_AFTER + timedelta(hours=1),
    ]
)
_EVERYTHING = timedelta(days=30)
_marks = itertools.count(1)


class Driver(Protocol):
    """The service under test, in process or as a running stack."""

    resource: str
    bad: bytes
    """The malware test file."""
    scans_at_once: bool
    """Uploads are scanned without being told to."""

    def now(self) -> datetime:
        """The time of the service."""

    def call(self, method: str, path: str, who: str, **body: Any) -> httpx.Response:
        """One request; `path` begins after the base of the API."""

    def advance(self, by: timedelta) -> None:
        """Time passes in one leap; everything that came due is done."""

    def settle(self) -> None:
        """All messages under way have been consumed."""

    def disturb(self, seed: int) -> None:
        """The bus repeats and reorders what is under way."""

    def scan(self, file_id: str) -> None:
        """The scan of the file comes about."""

    def subjects(self, marker: str) -> list[str]:
        """The subjects of all e-mails about the letter of this mark."""

    def events(self, letter_id: str) -> list[tuple[str, str]]:
        """The type and the id of each event about the letter that its subscriber was given, in that order."""


class Journeys(RuleBasedStateMachine):
    """One service for the whole journey; subclasses say which."""

    letters = Bundle("letters")

    def __init__(self) -> None:
        super().__init__()
        self.driver: Driver = self.begin()
        self.all: list[Letter] = []

    def begin(self) -> Driver:
        """A service, empty or with strangers' letters only."""
        raise AssertionError("subclasses say which service")

    def _send(self, letter: Letter, files: list[bytes]) -> httpx.Response:
        if not files:
            return self.driver.call("POST", "/correspondence", AGENCY, json=letter.body)
        return self.driver.call("POST", "/correspondence/upload", AGENCY, form=letter.body, files=files)

    @rule(
        target=letters,
        delay=st.sampled_from([timedelta(0), timedelta(hours=1), timedelta(days=3)]),
        files=st.lists(st.sampled_from([False, False, False, True]), max_size=2),
        confirmation=st.booleans(),
        keyed=st.booleans(),
    )
    def send(self, delay: timedelta, files: list[bool], confirmation: bool, keyed: bool) -> Any:
        """A letter to one person, with notice and reminder, now or later, with files that are clean or not."""
        marker = f"m{next(_marks)}x"
        contents = [self.driver.bad if bad else CLEAN + f"{marker}-{n}".encode() for n, bad in enumerate(files)]
        now = self.driver.now()
        letter = Letter(
            "", marker, now + delay, needs_confirmation=confirmation, key=str(uuid.uuid4()) if keyed else None
        )
        letter.body = _body(self.driver.resource, letter, len(files), due=now + timedelta(days=3650))
        answer = self._send(letter, contents)
        assert answer.status_code == 200, answer.text
        made = answer.json()
        letter.id = made["correspondences"][0]["correspondenceId"]
        letter.files = [
            File(id_, content, bad, self.driver.scans_at_once, now + _scanned_within(self.driver))
            for id_, content, bad in zip(made["attachmentIds"], contents, files, strict=True)
        ]
        self.all.append(letter)
        return multiple(letter)

    @rule(letter=letters)
    def send_again(self, letter: Letter) -> None:
        """The same key and message: the same letter. The same key and another message: refused."""
        if letter.key is None:
            return
        again = self._send(letter, [file.content for file in letter.files])
        assert again.status_code == 200, again.text
        assert again.headers["Idempotent-Replayed"] == "true"
        assert [one["correspondenceId"] for one in again.json()["correspondences"]] == [letter.id]
        other = {**letter.body, "correspondence": {**letter.body["correspondence"], "sendersReference": "other"}}
        refused = self.driver.call("POST", "/correspondence", AGENCY, json=_without_files(other))
        assert (refused.status_code, refused.json()["errorCode"]) == (409, 1034)

    @rule(letter=letters, action=st.sampled_from(ACTIONS))
    def act(self, letter: Letter, action: str) -> None:
        """The recipient does something with a letter: as the model says, and hidden letters are not there."""
        if action == "download" and not letter.files:
            return
        reminders, now = len(self._reminders(letter)), self.driver.now()
        answer = self._act(letter, action)
        number = answer.json()["errorCode"] if answer.status_code >= 400 else None
        told = (answer.status_code, number)
        if letter.purged and action == "purge":
            assert told == (400, 1014)
        elif letter.must_be_hidden(now):
            assert told in {(404, 1001), (404, 2001), (400, 2019)}, (letter, action, told)
        elif letter.must_be_visible(now) or answer.status_code != 404:
            assert told == expected_of(letter, action), (letter, action, answer.text)
        if answer.status_code == 200:
            note(letter, action)
            if action in ENDS_REMINDING:
                letter.done(now, reminders)

    def _act(self, letter: Letter, action: str) -> httpx.Response:
        path = f"/correspondence/{letter.id}"
        if action == "download":
            file = letter.files[0]
            answer = self.driver.call("GET", f"{path}/attachment/{file.id}/download", PERSON)
            assert answer.status_code != 200 or answer.content == file.content
            return answer
        method, rest = _CALLS.get(action, ("POST", f"/{action}"))
        answer = self.driver.call(method, path + rest, PERSON)
        if action == "overview" and answer.status_code == 200:
            assert answer.json()["content"]["messageTitle"] == letter.marker
        return answer

    @rule(letter=letters)
    def withdraw(self, letter: Letter) -> None:
        """The sender purges: before publication only."""
        now = self.driver.now()
        answer = self.driver.call("DELETE", f"/correspondence/{letter.id}/purge", AGENCY)
        if letter.purged:
            assert answer.json()["errorCode"] == 1014
        elif letter.must_be_visible(now):
            assert answer.json()["errorCode"] == 1013
        elif letter.must_be_hidden(now):
            assert answer.status_code == 200, answer.text
        if answer.status_code == 200:
            letter.purged = True
            letter.done(now, len(self._reminders(letter)))

    @rule(letter=letters)
    def look_back(self, letter: Letter) -> None:
        """The history only grows, and what it shows as the latest status is among it."""
        answer = self.driver.call("GET", f"/correspondence/{letter.id}/details", AGENCY)
        assert answer.status_code == 200, answer.text
        seen = answer.json()["statusHistory"]
        assert seen[: len(letter.history)] == letter.history
        letter.history = seen
        published = [entry for entry in seen if entry["status"] == "Published"]
        assert len(published) <= 1
        assert not (published and letter.is_bad)
        if published:
            assert datetime.fromisoformat(published[0]["statusChanged"]) >= letter.publish_at - timedelta(seconds=1)

    @rule(letter=letters)
    def scan(self, letter: Letter) -> None:
        """The scans of its files come about, perhaps once more."""
        for file in letter.files:
            file.may_be_scanned, file.scanned_by = True, self.driver.now()
            self.driver.scan(file.id)

    @rule(by=_LEAPS)
    def wait(self, by: timedelta) -> None:
        """Time passes."""
        for letter in self.all:
            for file in letter.files:
                file.may_be_scanned = True
        self.driver.advance(by)

    @rule()
    def settle(self) -> None:
        """What is under way arrives."""
        self.driver.settle()
        now = self.driver.now()
        for letter in self.all:
            if all(file.scanned_by <= now for file in letter.files):
                letter.settled_at = now

    @rule(seed=st.integers(0, 1000))
    def disturb(self, seed: int) -> None:
        """Messages come twice and in another order."""
        self.driver.disturb(seed)

    @invariant()
    def nobody_is_told_too_early_too_late_or_twice(self) -> None:
        """One notice after publication, one reminder at most, none once the recipient has dealt with the letter."""
        now = self.driver.now()
        for letter in self.all:
            self._judge_notices(letter, now)

    def _judge_notices(self, letter: Letter, now: datetime) -> None:
        subjects = Counter(self.driver.subjects(letter.marker))
        notices, reminders = subjects[_notice(letter)], subjects[_reminder(letter)]
        assert notices <= 1, letter
        assert reminders <= 1, letter
        assert not (notices and (letter.is_bad or now < letter.publish_at)), letter
        assert not (reminders and now < letter.publish_at + REMINDED_AFTER), letter
        if letter.reminders_when_done is not None:
            assert reminders <= letter.reminders_when_done, letter

    def _reminders(self, letter: Letter) -> list[str]:
        return [subject for subject in self.driver.subjects(letter.marker) if subject == _reminder(letter)]

    def teardown(self) -> None:
        """A month later all has come to its end: nothing is lost, and nothing is there twice."""
        if not self.all:
            return
        for _ in range(2):  # What is published only after the first leap is reminded of in the second one.
            self.settle()
            self.wait(_EVERYTHING)
        self.settle()
        self.nobody_is_told_too_early_too_late_or_twice()
        for letter in self.all:
            self.look_back(letter)
            self._judge_the_end(letter)
        self._judge_the_box()

    def _judge_the_end(self, letter: Letter) -> None:
        statuses = {entry["status"] for entry in letter.history}
        if letter.purged:
            assert self.driver.call("GET", f"/correspondence/{letter.id}/content", PERSON).status_code == 404
        elif letter.is_bad:
            assert "Failed" in statuses, letter
        else:
            assert "Published" in statuses, letter
        events = self.driver.events(letter.id)
        assert len(events) == len(set(events)), events
        kinds = Counter(kind for kind, _ in events)
        assert kinds["correspondencepublished"] == int("Published" in statuses and not letter.is_bad), (letter, kinds)
        published = [entry for entry in letter.history if entry["status"] == "Published"]
        if published and not letter.was_archived:
            due = datetime.fromisoformat(published[0]["statusChanged"]) + REMINDED_AFTER
            wanted = int(letter.done_at is None or letter.done_at > due)
            if letter.done_at == due:  # In the same instant either may have been first.
                wanted = letter.reminders_when_done or 0
            assert len(self._reminders(letter)) == wanted, letter

    def _judge_the_box(self) -> None:
        """One key, one letter: the sender finds each once."""
        query = {"resourceId": self.driver.resource, "role": "Sender"}
        for letter in self.all:
            found = self.driver.call(
                "GET", "/correspondence", AGENCY, params={**query, "sendersReference": letter.marker}
            )
            assert found.json()["ids"] == [letter.id]


def _scanned_within(driver: Driver) -> timedelta:
    return timedelta() if driver.scans_at_once else SCANNED_WITHIN


def _body(resource: str, letter: Letter, files: int, *, due: datetime) -> dict[str, Any]:
    metadata = [{"fileName": f"{number}.txt", "sendersReference": letter.marker} for number in range(files)]
    content = {"language": "nb", "messageTitle": letter.marker, "messageBody": "Et *vedtak*.", "attachments": metadata}
    notice = {
        "notificationTemplate": "CustomMessage",
        "notificationChannel": "Email",
        "emailSubject": _notice(letter),
        "emailBody": "Du har post.",
        "sendReminder": True,
        "reminderEmailSubject": _reminder(letter),
        "reminderEmailBody": "Du har ulest post.",
    }
    correspondence = {
        "resourceId": resource,
        "sendersReference": letter.marker,
        "content": content,
        "requestedPublishTime": letter.publish_at.isoformat(),
        "dueDateTime": due.isoformat(),
        "isConfirmationNeeded": letter.needs_confirmation,
        "notification": notice,
    }
    key = {"idempotentKey": letter.key} if letter.key else {}
    return {"correspondence": correspondence, "recipients": [RECIPIENT], **key}


def _without_files(body: Mapping[str, Any]) -> dict[str, Any]:
    correspondence = body["correspondence"]
    content = {**correspondence["content"], "attachments": []}
    return {**body, "correspondence": {**correspondence, "content": content}}


def _notice(letter: Letter) -> str:
    return f"{letter.marker} notice"


def _reminder(letter: Letter) -> str:
    return f"{letter.marker} reminder"
