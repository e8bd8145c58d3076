"""The first half of the story: subscribe, upload, send; scan, publish, notify, tell Dialogporten and the webhook."""

import statistics
import time
from collections.abc import Iterator

from local import seeds
from local.demo import hooks, letters
from local.demo.client import Api, Json, eventually, expect, ids_of
from local.demo.letters import LETTERS
from local.demo.story import BUSINESS, HOOK, KARI, UNA, Person, Story
from local.numbers import party_urn

_CHUNK = 256 * 1024
_CREATES = 20
_SUBJECT = "Nytt vedtak"
_SECOND_SUBJECT = "Nytt brev"


def prepare(story: Story) -> None:
    """Tokens, seeds, and a webhook that consents."""
    timeline = story.timeline
    with timeline.step("Tokens for the agency and its recipients"):
        story.sign_in()
        expect("a token of three parts", 2, story.agency.token.count("."))
    with timeline.step("The registers know people, organisations and resources"):
        known = story.services.get("/seeds")
        missing = {p.number for p in seeds.PARTIES} - {party["id"] for party in known["parties"]}
        expect("parties that are missing", set(), missing)
        timeline.note(f"{len(known['parties'])} parties, {len(known['resources'])} resources")
    with timeline.step("The agency subscribes a webhook; the endpoint consents by handshake"):
        made = story.agency.subscribe(story.services.hook_url(HOOK), LETTERS)
        story.secret = made["secret"]
        expect("validated", True, made["validated"])
        expect("methods that the endpoint saw", ["OPTIONS"], [call["method"] for call in story.calls()])


def upload(story: Story) -> None:
    """An attachment, streamed up and scanned."""
    timeline, agency = story.timeline, story.agency
    with timeline.step("The agency announces an attachment"):
        body = letters.attachment("vedtak.pdf", content=story.file)
        story.attachment = agency.announce(body)
        expect("status", "Initialized", agency.attachment(story.attachment)["status"])
    with timeline.step(f"… and streams {len(story.file) / (1 << 20):.1f} MiB up"):
        answer = agency.upload(story.attachment, _in_chunks(story.file))
        expect("status of the answer", 200, answer.status_code)
        story.uploaded_at = time.monotonic()
    with timeline.step("The attachment is scanned and may be used"):
        found = agency.until_scanned(story.attachment)
        story.measure("upload → scanned", story.uploaded_at)
        expect("checksum", body["checksum"], found["checksum"])


def _in_chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        yield content[start : start + _CHUNK]


def send(story: Story) -> None:
    """One message to a person and to a business, a second one by form, a third with malware."""
    timeline, agency = story.timeline, story.agency
    first = _first_message(story)
    with timeline.step("A message with that attachment to a person and to a business"):
        began = time.monotonic()
        story.to_kari, story.to_business = agency.sent(first)
    with timeline.step("The same request again, as after a lost answer, gives the same answer"):
        again = agency.send(first)
        expect("ids", [story.to_kari, story.to_business], ids_of(again))
        expect("Idempotent-Replayed", "true", again.headers.get("Idempotent-Replayed"))
    with timeline.step("It is published"):
        agency.until_status(story.to_kari, "Published")
        story.measure("create → published", began)
        agency.until_status(story.to_business, "Published")
    with timeline.step("A second message, as a form with its file, to another person"):
        message = letters.with_files(
            letters.letter(UNA.number, reference="second", notification=letters.notice(_SECOND_SUBJECT)), "brev.pdf"
        )
        (story.to_una,) = ids_of(agency.send_form(message, [("brev.pdf", story.second_file)]))
        uploaded = time.monotonic()
        agency.until_status(story.to_una, "Published")
        story.measure("upload → published", uploaded)


def _first_message(story: Story) -> Json:
    message = letters.letter(
        KARI.number,
        BUSINESS.number,
        reference="first",
        key=story.key,
        messageSender="Example Agency",
        notification=letters.notice(_SUBJECT),
        replyOptions=[{"linkURL": "https://agency.example/svar", "linkText": "Svar"}],
        propertyList={"sak": "2026/1234"},
        **letters.confirmation(story.services.now()),
    )
    return letters.with_attachments(message, story.attachment)


def send_malware(story: Story) -> None:
    """A file with the test signature never comes through, nor does its message."""
    timeline, agency = story.timeline, story.agency
    with timeline.step("A message whose file is malware (EICAR test file)"):
        never = letters.notice("Skal aldri sendes")
        message = letters.letter(KARI.number, reference="infected", notification=never)
        message = letters.with_files(message, "fil.txt")
        answer = agency.send_form(message, [("fil.txt", letters.eicar())])
        (story.infected,) = ids_of(answer)
        (story.infected_attachment,) = answer.json()["attachmentIds"]
    with timeline.step("Its attachment and the message fail, and the recipient never sees it"):
        reason = agency.until_scanned(story.infected_attachment, "Failed")["statusText"]
        agency.until_status(story.infected, "Failed")
        hidden_from(story.kari, story.infected)
        timeline.note(f"reason: {reason}")


def hidden_from(recipient: Api, id_: str) -> None:
    """The recipient can neither open nor find it.

    Raises:
        NotHeld: when they can.
    """
    for path in ("", "/details", "/content"):
        expect(
            f"status of {path or 'overview'}", 404, recipient.call("GET", f"/correspondence/{id_}{path}").status_code
        )
    expect("found by its recipient", False, id_ in recipient.search(LETTERS, "Recipient"))


def told(story: Story) -> None:
    """Everybody outside has been told: by e-mail and SMS, in Dialogporten, by webhook."""
    timeline = story.timeline
    with timeline.step("E-mail and SMS have come, one each"):
        _one_notice(story, KARI, _SUBJECT, "Vedtak first")
        _one_notice(story, BUSINESS, _SUBJECT, "Vedtak first")
        _one_notice(story, UNA, _SECOND_SUBJECT, "Vedtak second")
        expect("mails in all", 3, len(story.services.mail()))
        expect("SMS in all", 3, len(story.services.sms()))
        timeline.note(f"to {KARI.name}: {story.services.mail(KARI.email)[0]['plainText']}")
    with timeline.step("Dialogporten shows the message with its actions"):
        _dialog_is_made(story)
    with timeline.step("The webhook was told of it all, signed, in order"):
        _events_are_told(story)


def _one_notice(story: Story, who: Person, subject: str, title: str) -> None:
    mails = eventually(f"mail to {who.name}", lambda: story.services.mail(who.email), len)
    expect("subjects", [subject], [mail["subject"] for mail in mails])
    body = f"{who.name} har fått {title} fra Example Agency."
    expect("text of the mail", body, mails[0]["plainText"])
    texts = eventually(f"SMS to {who.name}", lambda: story.services.sms(who.mobile), len)
    expect("SMS", [f"{subject}: ny melding fra Example Agency."], [text["message"] for text in texts])


def dialog_of(overview: Json) -> str:
    """Return the id of the dialog that an overview names, or nothing while there is none."""
    references = overview["externalReferences"]
    found = (r["referenceValue"] for r in references if r["referenceType"] == "DialogportenDialogId")
    return str(next(found, ""))


def _dialog_is_made(story: Story) -> None:
    seen = eventually("a dialog", lambda: story.agency.overview(story.to_kari), dialog_of)
    story.dialog = dialog_of(seen)
    dialog = story.services.dialog(story.dialog)
    expect("party", party_urn(KARI.number), dialog["party"])
    expect("status", "RequiresAttention", dialog["status"])
    expect("title", "Vedtak first", dialog["content"]["title"]["value"][0]["value"])
    ends = [action["url"].rsplit("/", 1)[-1] for action in dialog["guiActions"]]
    expect("buttons", ["svar", "confirm", "purge"], ends)
    names = [action["name"] for action in dialog["apiActions"]]
    wanted = {"getCorrespondence", "purgeCorrespondence", "confirmCorrespondence", "downloadCorrespondenceAttachment"}
    expect("actions", wanted, set(names))
    expect("attachments", 1, len(dialog["attachments"]))
    story.timeline.note(f"dialog {story.dialog}, {len(names)} actions, {len(ends)} buttons")


_DELIVERED = "correspondencenotificationdelivered"
"""Comes when Communication Services says so, whatever else happens meanwhile."""


def _events_are_told(story: Story) -> None:
    wanted = {
        story.attachment: ["attachmentinitialized", "attachmentpublished"],
        story.to_kari: ["correspondenceinitialized", "correspondencepublished"],
        story.to_una: ["correspondenceinitialized", "correspondencepublished"],
        story.infected: ["correspondenceinitialized", "correspondencepublishfailed"],
        story.infected_attachment: ["attachmentuploadfailed"],
    }
    found = eventually(
        "events of the first half",
        lambda: hooks.events(story.calls(), story.secret),
        lambda events: (
            all(set(types) <= set(hooks.of(events, id_)) for id_, types in wanted.items())
            and hooks.of(events, story.to_kari).count(_DELIVERED) == len(("e-mail", "SMS"))
        ),
    )
    for id_, types in wanted.items():
        expect(f"events of {id_}", types, [type_ for type_ in hooks.of(found, id_) if type_ != _DELIVERED])
    published = next(
        event for event in found if event["resourceinstance"] == story.to_kari and "published" in event["type"]
    )
    expect("subject of the publication", party_urn(KARI.number), published["subject"])
    expect("alternative subject", f"/person/{KARI.number}", published["alternativesubject"])
    story.timeline.note(f"{len(found)} events, every signature holds")


def measure_creates(story: Story) -> None:
    """How long one message takes to be accepted, without attachment and notice."""
    with story.timeline.step(f"{_CREATES} more messages, one after the other, for the numbers"):
        took = []
        for number in range(_CREATES):
            began = time.monotonic()
            story.agency.sent(letters.letter(BUSINESS.number, reference=f"n{number}", resource=letters.QUIET))
            took.append((time.monotonic() - began) * 1000)
        story.measured_ms["create, p50"] = statistics.median(took)
        story.measured_ms["create, slowest"] = max(took)
