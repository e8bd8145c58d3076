"""How to know that nothing more comes: let something fall due later, that goes the same way, and see it come."""

import uuid
from datetime import datetime, timedelta

from local.demo import letters
from local.demo.client import Api, Services, eventually


def settle(services: Services, agency: Api) -> None:
    """Return when everything that was due has been found, enqueued and done. Moves the clock by two minutes.

    A message that falls due a minute later is sent; its notice takes the longest way there is: agenda, queue,
    publication, topic, notification.
    """
    address = f"settled-{uuid.uuid4().hex[:12]}@agency.example"
    due = datetime.fromisoformat(services.now()) + timedelta(minutes=1)
    notice = {
        "notificationChannel": "Email",
        "emailSubject": "Settled",
        "emailBody": "Settled.",
        "customRecipients": [{"emailAddress": address}],
        "overrideRegisteredContactInformation": True,
    }
    agency.sent(
        letters.letter(
            letters.BUSINESS,
            reference="settled",
            resource=letters.QUIET,
            requestedPublishTime=due.isoformat(),
            notification=notice,
        )
    )
    services.advance("PT2M")
    eventually("what fell due last", lambda: services.mail(address), len, seconds=30)
