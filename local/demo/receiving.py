"""The second half of the story: open, download, confirm; then seven days pass."""

import time

from local.demo import hooks
from local.demo.client import Json, eventually, expect
from local.demo.letters import BODY
from local.demo.sending import hidden_from
from local.demo.settling import settle
from local.demo.story import BUSINESS, KARI, UNA, Person, Story, sha256
from local.numbers import party_urn

_RANGE = (1000, 1999)


def receive(story: Story) -> None:
    """The recipient opens, downloads and confirms."""
    timeline, kari, id_ = story.timeline, story.kari, story.to_kari
    with timeline.step("The recipient looks at it: Fetched"):
        expect("found by its recipient", True, id_ in kari.search("example-letters", "Recipient"))
        seen = kari.overview(id_)
        expect("title", "Vedtak first", seen["content"]["messageTitle"])
        expect("attachments", [story.attachment], [file["id"] for file in seen["content"]["attachments"]])
        expect("Fetched in the history", True, "Fetched" in statuses(kari.details(id_)))
    with timeline.step("… opens it: Read"):
        text = kari.content(id_)
        expect("the body's words", True, all(word in text for word in BODY.split()[:3]))
        expect("Read in the history", True, "Read" in statuses(kari.details(id_)))
        expect("a time of reading", True, bool(kari.overview(id_)["read"]))
    with timeline.step("… downloads the attachment: same bytes, ETag, and a range of them"):
        _download(story)
    with timeline.step("… confirms it"):
        expect("answer", id_, kari.confirm(id_))
        expect("Confirmed in the history", True, "Confirmed" in statuses(kari.details(id_)))
    with timeline.step("The dialog tells it, and asks for nothing more"):
        _dialog_follows(story)
    with timeline.step("The webhook is told that it was read, downloaded and confirmed"):
        _events_follow(story)


def statuses(details: Json) -> list[str]:
    """Return the statuses of a history, oldest first."""
    return [entry["status"] for entry in details["statusHistory"]]


def _download(story: Story) -> None:
    whole = story.kari.download(story.to_kari, story.attachment)
    expect("status", 200, whole.status_code)
    expect("bytes", sha256(story.file), sha256(whole.content))
    etag = whole.headers.get("etag", "")
    expect("an ETag", True, etag.startswith('"'))
    first, last = _RANGE
    part = story.kari.download(story.to_kari, story.attachment, Range=f"bytes={first}-{last}", If_Range=etag)
    expect("status of a range", 206, part.status_code)
    expect("Content-Range", f"bytes {first}-{last}/{len(story.file)}", part.headers.get("content-range"))
    expect("bytes of the range", sha256(story.file[first : last + 1]), sha256(part.content))
    story.timeline.note(f"{len(whole.content)} bytes, ETag {etag}, {whole.headers.get('content-digest', '')[:40]}…")


def _dialog_follows(story: Story) -> None:
    wanted = {"CorrespondenceOpened", "CorrespondenceConfirmed", "Information"}
    dialog = eventually(
        "a dialog with activities that needs no attention",
        lambda: story.services.dialog(story.dialog),
        lambda seen: seen["status"] == "NotApplicable" and wanted <= {entry["type"] for entry in seen["activities"]},
    )
    types = [entry["type"] for entry in dialog["activities"]]
    expect("times it was opened", 1, types.count("CorrespondenceOpened"))
    expect("times it was confirmed", 1, types.count("CorrespondenceConfirmed"))
    ends = [action["url"].rsplit("/", 1)[-1] for action in dialog["guiActions"]]
    expect("a button to confirm", False, "confirm" in ends)
    story.timeline.note(f"activities: {', '.join(types)}")


def _events_follow(story: Story) -> None:
    wanted = {"correspondencereceiverread", "correspondencereceiverconfirmed", "attachmentdownloaded"}
    found = eventually(
        "events of reading and confirming",
        lambda: hooks.events(story.calls(), story.secret),
        lambda events: wanted <= set(hooks.of(events, story.to_kari)),
    )
    for type_ in wanted:
        expect(f"events {type_}", 1, hooks.of(found, story.to_kari).count(type_))
    read = next(event for event in found if event["type"].endswith("receiverread"))
    expect("subject of the reading", party_urn("310001007"), read["subject"])


def wait_a_week(story: Story) -> None:
    """Those who have not opened theirs are reminded, once; the one who confirmed is not."""
    timeline = story.timeline
    with timeline.step("Seven days pass"):
        now = story.services.advance("P7DT1H")["now"]
        story.sign_in()
        timeline.note(f"it is {now}")
    with timeline.step("Those who have not opened it are reminded, by e-mail and by SMS"):
        began = time.monotonic()
        for who in (BUSINESS, UNA):
            _reminder_comes(story, who)
        story.measure("seven days → reminded", began)
        timeline.note(f"to {BUSINESS.name}: {story.services.mail(BUSINESS.email)[1]['subject']}")
    with timeline.step("Once only, and nobody who has confirmed: nothing more comes"):
        settle(story.services, story.agency)
        _notices(story, BUSINESS, reminded=True)
        _notices(story, UNA, reminded=True)
        _notices(story, KARI, reminded=False)
        _notices_are_told_once(story)
    with timeline.step("What was malware is still not to be seen"):
        hidden_from(story.kari, story.infected)
        expect("status for the agency", "Failed", story.agency.status(story.infected))


def _reminder_comes(story: Story, who: Person) -> None:
    eventually(f"a second mail to {who.name}", lambda: story.services.mail(who.email), lambda sent: len(sent) > 1)
    eventually(f"a second SMS to {who.name}", lambda: story.services.sms(who.mobile), lambda sent: len(sent) > 1)


def _notices(story: Story, who: Person, *, reminded: bool) -> None:
    """One notice of each kind, and one reminder of each kind or none."""
    starts = [mail["subject"].startswith("Påminnelse") for mail in story.services.mail(who.email)]
    expect(f"mails to {who.name} that are reminders", [False, True] if reminded else [False], starts)
    starts = [text["message"].startswith("Påminnelse") for text in story.services.sms(who.mobile)]
    expect(f"SMS to {who.name} that are reminders", [False, True] if reminded else [False], starts)


def _notices_are_told_once(story: Story) -> None:
    """Six notices and four reminders are ten events about ten different notices."""

    def told() -> list[str]:
        found = hooks.events(story.calls(), story.secret)
        return [event["resourceinstance"] for event in found if event["type"].endswith(".notificationcreated")]

    seen = eventually("ten events of notices", told, lambda instances: len(set(instances)) == 10)
    expect("events of notices", 10, len(seen))
