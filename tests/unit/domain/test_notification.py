"""Single notifications: where they go and what they are called."""

import pytest

from shared.domain.notification import (
    Channel,
    ContactPoint,
    CustomRecipient,
    Medium,
    custom_contact,
    media,
    notification_id,
)
from tests.builders import PERSON, new_id

BOTH = ContactPoint(emails=("a@b.no", "c@d.no"), mobiles=("+4799999999",))
EMAIL_ONLY = ContactPoint(emails=("a@b.no",))
SMS_ONLY = ContactPoint(mobiles=("+4799999999",))
E1, E2, S1 = (Medium.EMAIL, "a@b.no"), (Medium.EMAIL, "c@d.no"), (Medium.SMS, "+4799999999")


@pytest.mark.parametrize(
    ("channel", "both", "email_only", "sms_only"),
    [
        (Channel.EMAIL, (E1, E2), (E1,), ()),
        (Channel.SMS, (S1,), (), (S1,)),
        (Channel.EMAIL_PREFERRED, (E1, E2), (E1,), (S1,)),
        (Channel.SMS_PREFERRED, (S1,), (E1,), (S1,)),
        (Channel.EMAIL_AND_SMS, (E1, E2, S1), (E1,), (S1,)),
    ],
)
def test_a_channel_means_single_messages(channel: Channel, both: object, email_only: object, sms_only: object) -> None:
    """A preferred one falls back to the other, a plain one does not."""
    assert (media(channel, BOTH), media(channel, EMAIL_ONLY), media(channel, SMS_ONLY)) == (both, email_only, sms_only)
    assert media(channel, ContactPoint()) == ()


def test_channels_stand_in_the_order_of_the_wire() -> None:
    """Their numbers on the wire are their positions."""
    assert [str(channel) for channel in Channel] == ["Email", "Sms", "EmailPreferred", "SmsPreferred", "EmailAndSms"]


def test_the_same_notification_has_the_same_id() -> None:
    """Whatever the case of the address; another medium, reminder or letter is another one."""
    id_ = new_id("n")
    first = notification_id(id_, Medium.EMAIL, "A@b.no", reminder=0)
    assert first == notification_id(id_, Medium.EMAIL, "a@B.no", reminder=0)
    others = {
        notification_id(id_, Medium.EMAIL, "a@b.no", reminder=1),
        notification_id(id_, Medium.SMS, "a@b.no", reminder=0),
        notification_id(new_id("m"), Medium.EMAIL, "a@b.no", reminder=0),
        first,
    }
    assert len(others) == 4


@pytest.mark.parametrize(
    ("recipient", "contact"),
    [
        (CustomRecipient(email="a@b.no"), EMAIL_ONLY),
        (CustomRecipient(mobile="+4799999999"), SMS_ONLY),
        (CustomRecipient(party=PERSON), ContactPoint()),
    ],
)
def test_a_custom_recipient_is_reached_where_it_says(recipient: CustomRecipient, contact: ContactPoint) -> None:
    """One given by number is for the register to find."""
    assert custom_contact(recipient) == contact
