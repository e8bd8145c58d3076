"""A correspondence as Dialogporten shows it."""

import uuid
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from shared.domain.correspondence import (
    AttachmentUse,
    Correspondence,
    ExternalReference,
    ReferenceType,
    ReplyOption,
    Status,
)
from shared.domain.dialog import (
    EMBED_MARKDOWN,
    AddActivity,
    AddTransmission,
    CloseConfirmation,
    Create,
    Delete,
    Purge,
    SetLabels,
    Step,
    carry_over,
    create_dialog,
    dialog_id,
)
from shared.domain.facts import Fact, FactType
from shared.domain.identifiers import AttachmentId
from tests.builders import (
    BUSINESS,
    NOW,
    attachment,
    content,
    correspondence,
    fact,
    in_status,
    initialised,
    new_id,
    published,
)

BASE = "https://correspondence.localhost"
TOMORROW = NOW + timedelta(days=1)
DIALOG = ExternalReference(ReferenceType.DIALOG_ID, new_id("foreign"))


def made(state: Correspondence | None = None, **changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {"content": content(), "attachments": (), "now": NOW} | changes
    return create_dialog(
        state or published(),
        arguments["content"],
        arguments["attachments"],
        base_url=BASE,
        plain=lambda text: text.replace("*", ""),
        now=arguments["now"],
    )


def url(state: Correspondence, tail: str = "") -> str:
    return f"{BASE}/correspondence/api/v1/correspondence/{state.id}{tail}"


def localisations(values: list[dict[str, str]]) -> dict[str, str]:
    return {each["languageCode"]: each["value"] for each in values}


def test_the_dialogs_id_is_the_same_at_every_try() -> None:
    """A version 7 id of the letter's own time; another letter has another one."""
    state = initialised()
    made_id = uuid.UUID(dialog_id(state))
    assert made_id.version == 7
    assert made_id.int >> 80 == int(state.created.timestamp() * 1000)
    assert dialog_id(state) == dialog_id(published()) != dialog_id(correspondence(id=new_id("other")))
    assert dialog_id(state) != state.id


def test_a_dialog_says_what_the_letter_is() -> None:
    """Whose, about what, from whom, and where its body is."""
    state = published(message_sender=" Example Agency ")
    dialog = made(state, content=content(language="NN", title="T" * 300, summary="*Kort*"))
    assert (dialog["id"], dialog["party"]) == (dialog_id(state), BUSINESS)
    assert dialog["serviceResource"] == "urn:altinn:resource:example-letters"
    assert (dialog["status"], dialog["systemLabel"]) == ("NotApplicable", "Default")
    assert dialog["externalReference"] == "ref-1"
    assert dialog["createdAt"] == "2026-12-01T12:00:00Z"
    parts = dialog["content"]
    assert [(name, part["mediaType"], part["value"][0]["languageCode"]) for name, part in parts.items()] == [
        ("title", "text/plain", "nn"),
        ("summary", "text/plain", "nn"),
        ("senderName", "text/plain", "nn"),
        ("mainContentReference", EMBED_MARKDOWN, "nn"),
    ]
    texts = {name: part["value"][0]["value"] for name, part in parts.items()}
    assert texts["title"] == "T" * 254 + "…"
    assert (texts["summary"], texts["senderName"]) == ("Kort", "Example Agency")
    assert texts["mainContentReference"] == url(state, "/content")
    assert dialog["serviceOwnerContext"] == {
        "serviceOwnerLabels": [{"value": f"urn:altinn:correspondence-id:{state.id}"}]
    }


def test_blank_texts_are_left_out() -> None:
    """A summary and a sender that are not there, or hold nothing."""
    assert set(made(published(message_sender=" "), content=content(summary="**"))["content"]) == {
        "title",
        "mainContentReference",
    }


def test_nothing_is_null_and_everything_fits() -> None:
    """What is not known is left out; a long reference is cut."""
    dialog = made(published(senders_reference="r" * 4096))
    assert None not in dialog.values()
    assert len(dialog["externalReference"]) == 255


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"requested_publish_time": TOMORROW}, {"visibleFrom": "2026-12-02T12:00:00Z"}),
        ({"requested_publish_time": NOW + timedelta(seconds=50)}, {}),
        ({"due_date_time": TOMORROW}, {"dueAt": "2026-12-02T12:00:00Z"}),
        ({"due_date_time": NOW - timedelta(days=1)}, {}),
    ],
)
def test_times_are_told_while_they_lie_ahead(changes: dict[str, Any], expected: dict[str, str]) -> None:
    """A past one would be refused."""
    dialog = made(initialised(**changes))
    assert {key: dialog[key] for key in ("visibleFrom", "dueAt") if key in dialog} == expected
    assert "updatedAt" not in dialog
    assert "expiresAt" not in dialog


def test_a_published_letter_tells_when() -> None:
    """Never before its creation."""
    assert made(published())["updatedAt"] == "2026-12-01T12:00:00Z"


@pytest.mark.parametrize(
    ("value", "expected"), [("urn:p:1", "urn:p:1"), (" p ", "p"), ("two words", None), ("", None), ("p" * 1024, None)]
)
def test_a_process_is_told_when_dialogporten_would_take_it(value: str, expected: str | None) -> None:
    """A reference that cannot be a URI is left out."""
    state = published(external_references=(ExternalReference(ReferenceType.PROCESS_ID, value),))
    assert made(state).get("process") == expected


def test_a_letter_to_be_confirmed_asks_for_attention() -> None:
    """One primary button and one API action, until it is confirmed."""
    state = published(is_confirmation_needed=True, due_date_time=TOMORROW)
    dialog = made(state)
    assert dialog["status"] == "RequiresAttention"
    primary = [action for action in dialog["guiActions"] if action["priority"] == "Primary"]
    assert [(a["action"], a["httpMethod"], a["url"]) for a in primary] == [("read", "POST", url(state, "/confirm"))]
    assert set(localisations(primary[0]["title"])) == {"nb", "nn", "en"}
    assert "confirmCorrespondence" in [action["name"] for action in dialog["apiActions"]]
    confirmed = in_status(Status.CONFIRMED, Status.PUBLISHED, is_confirmation_needed=True)
    late = made(confirmed)
    assert late["status"] == "NotApplicable"
    assert "POST" not in [action["httpMethod"] for action in late["guiActions"]]
    assert "confirmCorrespondence" not in [action["name"] for action in late["apiActions"]]


def test_a_letter_can_be_deleted() -> None:
    """By one tertiary button that deletes the dialog."""
    state = published()
    (delete,) = made(state)["guiActions"]
    assert (delete["action"], delete["httpMethod"], delete["priority"]) == ("read", "DELETE", "Tertiary")
    assert (delete["url"], delete["isDeleteDialogAction"]) == (url(state, "/purge"), True)
    assert localisations(delete["title"]) == {"nb": "Slett", "nn": "Slett", "en": "Delete"}


@pytest.mark.parametrize(("number", "buttons"), [(0, 0), (1, 1), (3, 3), (4, 0)])
def test_up_to_three_reply_options_are_buttons(number: int, buttons: int) -> None:
    """More of them stand in the body instead."""
    options = tuple(ReplyOption(f"https://agency.example/{n}", f"Svar {n}") for n in range(number))
    replies = made(published(reply_options=options))["guiActions"][:-1]
    assert len(replies) == buttons
    for n, reply in enumerate(replies):
        assert reply["url"] == f"https://agency.example/{n}"
        assert (reply["action"], reply["httpMethod"], reply["priority"]) == ("read", "GET", "Tertiary")
        assert set(localisations(reply["title"]).values()) == {f"Svar {n}"}
        assert all(set(each) == {"languageCode", "value"} for each in reply["title"])


@pytest.mark.parametrize("text", [None, "", "  "])
def test_a_reply_option_without_words_has_ours(text: str | None) -> None:
    """In all three languages; long words are cut."""
    (reply, _) = made(published(reply_options=(ReplyOption("https://agency.example", text),)))["guiActions"]
    assert localisations(reply["title"])["nb"] == "Gå til tjenesten"
    (long, _) = made(published(reply_options=(ReplyOption("https://agency.example", "x" * 300),)))["guiActions"]
    assert {len(value) for value in localisations(long["title"]).values()} == {255}


def test_search_tags_come_from_the_property_list() -> None:
    """Its values: trimmed, three to 63 characters, each once whatever its case."""
    values = {"a": " Sak 12 ", "b": "sak 12", "c": "ab", "d": "x" * 70, "e": "   "}
    assert made(published(property_list=values))["searchTags"] == [{"value": "Sak 12"}, {"value": "x" * 63}]


def test_attachments_can_be_downloaded_from_the_dialog() -> None:
    """In their order, by name and type, until they expire; those that have expired are left out."""
    files = [
        attachment(id=AttachmentId(new_id("b")), file_name="b.pdf", display_name="Vedtaket"),
        attachment(id=AttachmentId(new_id("a")), file_name="a.xyz"),
        attachment(id=AttachmentId(new_id("c")), file_name="c.txt"),
    ]
    uses = [AttachmentUse(files[0].id, TOMORROW), AttachmentUse(files[1].id), AttachmentUse(files[2].id, NOW)]
    state = published(attachments=tuple(uses))
    dialog = made(state, attachments=list(zip(uses, files, strict=True)))
    first, second = dialog["attachments"]
    assert set(localisations(first["displayName"]).values()) == {"Vedtaket"}
    assert first["urls"] == [
        {
            "url": url(state, f"/attachment/{files[0].id}/download"),
            "mediaType": "application/pdf",
            "consumerType": "Gui",
        }
    ]
    assert (first["expiresAt"], "expiresAt" in second) == ("2026-12-02T12:00:00Z", False)
    assert set(localisations(second["displayName"]).values()) == {"a.xyz"}
    assert [uuid.UUID(each["id"]).version for each in (first, second)] == [7, 7]
    assert first["id"] < second["id"]
    downloads = [a["endpoints"] for a in dialog["apiActions"] if a["name"] == "downloadCorrespondenceAttachment"]
    assert [endpoints[0]["url"] for endpoints in downloads] == [first["urls"][0]["url"], second["urls"][0]["url"]]
    assert dialog == made(state, attachments=list(zip(uses, files, strict=True)))


def test_a_hundred_attachments_keep_their_order() -> None:
    """Their ids sort as they were given, at most a tenth of a second ahead."""
    files = [attachment(id=AttachmentId(new_id(str(n)))) for n in range(100)]
    uses = [AttachmentUse(file.id) for file in files]
    ids = [each["id"] for each in made(attachments=list(zip(uses, files, strict=True)))["attachments"]]
    assert all(one < other for one, other in pairwise(ids))
    assert (uuid.UUID(ids[-1]).int >> 80) - int(NOW.timestamp() * 1000) < 15_000


def test_api_actions_name_what_systems_can_do() -> None:
    """Get and purge always."""
    state = published()
    assert made(state)["apiActions"] == [
        {
            "action": "read",
            "name": "getCorrespondence",
            "endpoints": [{"url": url(state), "httpMethod": "GET"}],
        },
        {
            "action": "write",
            "name": "purgeCorrespondence",
            "endpoints": [{"url": url(state, "/purge"), "httpMethod": "DELETE"}],
        },
    ]


def facts(*kinds: FactType) -> list[Fact]:
    return [fact(type=kind, sequence=2 * n) for n, kind in enumerate(kinds, start=1)]


def plan(state: Correspondence, told: list[Fact]) -> list[tuple[type[Step], FactType]]:
    return [(type(step), step.fact.type) for step in carry_over(state, told)]


LIFE = (FactType.INITIALIZED, FactType.PUBLISHED, FactType.READ, FactType.CONFIRMED, FactType.ATTACHMENT_DOWNLOADED)
DONE = in_status(Status.CONFIRMED, Status.READY_FOR_PUBLISH, Status.PUBLISHED, Status.READ)
GONE = in_status(Status.PURGED_BY_RECIPIENT, Status.PUBLISHED, Status.READ)


def test_a_whole_life_is_carried_over_in_order() -> None:
    """However the facts come, and with one dialog."""
    expected = [
        (Create, FactType.INITIALIZED),
        (AddActivity, FactType.READ),
        (AddActivity, FactType.CONFIRMED),
        (AddActivity, FactType.ATTACHMENT_DOWNLOADED),
    ]
    assert plan(DONE, facts(*LIFE)) == expected
    assert plan(DONE, list(reversed(facts(*LIFE)))) == expected


def test_a_needed_confirmation_is_closed_before_it_is_told() -> None:
    """The button goes first."""
    state = in_status(Status.CONFIRMED, Status.PUBLISHED, is_confirmation_needed=True, dialog_id="d", dialog_cursor=6)
    assert plan(state, facts(*LIFE)) == [
        (CloseConfirmation, FactType.CONFIRMED),
        (AddActivity, FactType.CONFIRMED),
        (AddActivity, FactType.ATTACHMENT_DOWNLOADED),
    ]


def test_labels_are_put_on_a_dialog_that_there_is() -> None:
    """Its own, and also one that is only now made; without one there is nothing to put them on."""
    told = facts(FactType.INITIALIZED, FactType.LABELS_CHANGED)
    assert plan(DONE, told) == [(Create, FactType.INITIALIZED), (SetLabels, FactType.LABELS_CHANGED)]
    assert plan(in_status(Status.PUBLISHED, dialog_cursor=2), told) == []


def test_what_was_carried_over_is_not_due_again() -> None:
    """Facts up to the cursor are passed by, and the dialog is not made twice."""
    state = in_status(Status.READ, Status.PUBLISHED, dialog_id="d", dialog_cursor=4)
    assert plan(state, facts(*LIFE[:3])) == [(AddActivity, FactType.READ)]
    assert plan(state, facts(*LIFE[:2])) == []


def test_the_dialog_waits_for_the_attachments() -> None:
    """Made when all are ready, at publishing at the latest: nobody sees a letter in it that is still being scanned."""
    told = facts(FactType.INITIALIZED, FactType.PUBLISHED)
    assert plan(in_status(Status.INITIALIZED), told[:1]) == []
    assert plan(initialised(requested_publish_time=TOMORROW), told[:1]) == [(Create, FactType.INITIALIZED)]
    assert plan(in_status(Status.PUBLISHED, dialog_cursor=2), told) == [(Create, FactType.PUBLISHED)]


def test_a_purged_letter_gets_no_dialog_and_loses_the_one_it_has() -> None:
    """Without one, the deletion is tried, since its making may have been forgotten; nothing is told."""
    told = facts(FactType.INITIALIZED, FactType.PUBLISHED, FactType.READ, FactType.PURGED)
    assert plan(GONE, told) == [(Delete, FactType.PURGED)]
    existing = in_status(Status.PURGED_BY_RECIPIENT, Status.PUBLISHED, dialog_id="d", dialog_cursor=6)
    assert plan(existing, told) == [(AddActivity, FactType.PURGED), (Delete, FactType.PURGED)]


def test_a_failed_letter_leaves_no_dialog() -> None:
    """It is removed for good, and not made first."""
    told = facts(FactType.INITIALIZED, FactType.PUBLISH_FAILED)
    assert plan(in_status(Status.FAILED, Status.READY_FOR_PUBLISH), told) == [(Purge, FactType.PUBLISH_FAILED)]


def test_a_reserved_letter_gets_no_dialog() -> None:
    """It has no facts before it fails."""
    assert plan(in_status(Status.RESERVED, Status.INITIALIZED), []) == []


@pytest.mark.parametrize("kind", sorted(FactType))
@pytest.mark.parametrize("transmission", [None, "t"])
def test_a_dialog_of_somebody_else_is_never_changed(kind: FactType, transmission: str | None) -> None:
    """Whatever happens to the transmission in it: it is added to, and never closed, deleted or purged."""
    for state in (DONE, GONE, in_status(Status.FAILED)):
        foreign = replace(state, external_references=(DIALOG,), transmission_id=transmission)
        assert {step for step, _ in plan(foreign, facts(kind))} <= {AddTransmission, AddActivity}


def test_a_transmission_is_added_when_it_is_published() -> None:
    """Not before, and once; what happens to it later is told in the dialog's log."""
    foreign = replace(DONE, external_references=(DIALOG,))
    assert plan(foreign, facts(*LIFE)) == [
        (AddTransmission, FactType.PUBLISHED),
        (AddActivity, FactType.READ),
        (AddActivity, FactType.CONFIRMED),
        (AddActivity, FactType.ATTACHMENT_DOWNLOADED),
    ]
    waiting = replace(initialised(), external_references=(DIALOG,))
    assert plan(waiting, facts(FactType.INITIALIZED)) == []
    told = replace(foreign, transmission_id="t", dialog_cursor=4)
    assert plan(told, facts(*LIFE[:3])) == [(AddActivity, FactType.READ)]


def test_a_letter_is_in_the_dialog_that_the_sender_named() -> None:
    """However its id was written; else in ours."""
    named = replace(DONE, external_references=(replace(DIALOG, value=DIALOG.value.upper()),))
    assert dialog_id(named) == DIALOG.value != dialog_id(DONE)


@pytest.mark.parametrize("kind", [FactType.NEVER_READ, FactType.NEVER_CONFIRMED, FactType.PRINT_DUE])
def test_what_dialogporten_need_not_know_is_not_told(kind: FactType) -> None:
    """Nothing is due for it."""
    assert plan(in_status(Status.PUBLISHED, dialog_id="d"), facts(kind)) == []


def test_a_letter_marked_as_read_is_not_told_as_opened() -> None:
    """Nobody opened it."""
    marked = fact(type=FactType.READ, details={"how": "marked"})
    assert plan(in_status(Status.READ, Status.PUBLISHED, dialog_id="d"), [marked]) == []
