"""A service owner's own texts are made, tried out, taken into use and taken back; and recipients get them."""

from dataclasses import replace

import pytest

from shared.domain.errors import InvalidRequest, Refusal
from shared.domain.identifiers import ResourceId
from shared.domain.notification import Template, Texts
from shared.domain.notification_texts import Names
from shared.domain.templates import Sample, Wording
from shared.usecases import templating
from tests.builders import OTHER_AGENCY, RESOURCE, notification_request, notification_template, texts
from tests.fakes.world import SENDER, World
from tests.unit.usecases.stories import published, refused

OTHER = replace(SENDER, party=OTHER_AGENCY, organisation=OTHER_AGENCY.rsplit(":", 1)[1])
SAMPLE = Sample(Names(sender="S", recipient="R", resource="r", title="t"), texts())
GENERIC = notification_request(template=Template.GENERIC)


async def mails(world: World) -> list[str]:
    """The subject that a letter's recipient gets now."""
    world.email.sent.clear()
    await published(world, notification=GENERIC)
    return [mail.subject for mail in world.email.sent]


async def test_recipients_get_the_version_in_use() -> None:
    """None at first; the one activated; after a roll-back the one before, and at last the generic text again."""
    world = World()
    generic = await mails(world)
    for number in (1, 2):
        wording = Wording(Texts(f"Versjon {number}", "x", False, "x"))
        made = await templating.create(world.app, SENDER, notification_template(nb=wording, nn=wording, en=wording))
        assert made.version == number
    assert await mails(world) == generic
    assert (await templating.activate(world.app, SENDER, RESOURCE, 1)).active == 1
    assert await mails(world) == ["Versjon 1"]
    await templating.activate(world.app, SENDER, RESOURCE, 2)
    assert await mails(world) == ["Versjon 2"]
    await templating.roll_back(world.app, SENDER, RESOURCE)
    assert await mails(world) == ["Versjon 1"]
    await templating.roll_back(world.app, SENDER, RESOURCE)
    assert await mails(world) == generic
    assert await refused(templating.roll_back(world.app, SENDER, RESOURCE)) is Refusal.NO_TEMPLATE_ACTIVE


async def test_what_was_asked_for_in_own_words_stays() -> None:
    """The template is in the place of the generic text only."""
    world = World()
    await templating.create(world.app, SENDER, notification_template())
    await templating.activate(world.app, SENDER, RESOURCE, 1)
    await published(world, notification=notification_request())
    assert [mail.subject for mail in world.email.sent] == ["Ny post"]


async def test_versions_are_listed() -> None:
    """Newest first, with the one in use."""
    world = World()
    for _ in range(3):
        await templating.create(world.app, SENDER, notification_template())
    await templating.activate(world.app, SENDER, RESOURCE, 2)
    page = await templating.versions(world.app, SENDER, RESOURCE, before=None, limit=2)
    assert ([one.version for one in page.templates], page.active, page.before) == ([3, 2], 2, 2)
    page = await templating.versions(world.app, SENDER, RESOURCE, before=2, limit=2)
    assert ([one.version for one in page.templates], page.before) == ([1], None)
    one, in_use = await templating.version(world.app, SENDER, RESOURCE, 2)
    assert (one.version, in_use) == (2, True)


async def test_a_bad_template_is_not_stored() -> None:
    """Every fault is named, in a preview under its place in the request."""
    world = World()
    bad = notification_template(en=Wording(Texts("x", "$nobody$", False, "www.x.no")))
    with pytest.raises(InvalidRequest) as caught:
        await templating.create(world.app, SENDER, bad)
    assert [fault.path for fault in caught.value.faults] == ["en.main.emailBody", "en.main.smsBody"]
    with pytest.raises(InvalidRequest) as caught:
        await templating.preview(world.app, SENDER, RESOURCE, bad, SAMPLE)
    assert [fault.path for fault in caught.value.faults] == ["template.en.main.emailBody", "template.en.main.smsBody"]
    assert not world.templates.kept


async def test_only_the_owner_of_the_resource_may() -> None:
    """Whatever is asked for; an unknown resource has no owner."""
    world = World()
    app, unknown = world.app, ResourceId("unknown")
    for who, id_, refusal in ((OTHER, RESOURCE, Refusal.NO_ACCESS), (SENDER, unknown, Refusal.RESOURCE_UNKNOWN)):
        for asked in (
            templating.create(app, who, notification_template(resource_id=id_)),
            templating.versions(app, who, id_, before=None, limit=1),
            templating.version(app, who, id_, 1),
            templating.preview(app, who, id_, 1, SAMPLE),
            templating.activate(app, who, id_, 1),
            templating.roll_back(app, who, id_),
        ):
            assert await refused(asked) is refusal
    assert not world.templates.kept


async def test_an_unknown_version() -> None:
    """Can neither be seen, tried out nor used."""
    app = World().app
    for asked in (
        templating.version(app, SENDER, RESOURCE, 1),
        templating.preview(app, SENDER, RESOURCE, 0, SAMPLE),
        templating.activate(app, SENDER, RESOURCE, 99),
    ):
        assert await refused(asked) is Refusal.TEMPLATE_VERSION_NOT_FOUND
