"""The story told by clients who do not give up, while the stack under it is killed and started again."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx

from local.demo import hooks, letters
from local.demo.client import Api, Json, NotHeld, Services, eventually, expect, ids_of
from local.demo.sending import dialog_of
from local.demo.settling import settle
from local.stack import Stack
from tests.e2e.seeing import number_of

MOMENTS = (
    "while the bytes go up",
    "after the upload",
    "while the message is handed in",
    "after it was accepted",
    "when the first mail was sent",
    "after it was confirmed",
    "after seven days",
)
_PATIENCE_SECONDS = 120.0
_HALFWAY_SECONDS = 0.03


def enduring[T](call: Callable[[], T]) -> T:
    """Call again until it succeeds, as a client does whose answers get lost.

    Raises:
        NotHeld, httpx.TransportError: the last one, when patience is at its end.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return call()
        except (NotHeld, httpx.TransportError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@dataclass(slots=True)
class Killer:
    """Kills every process of the stack at one moment, once, and starts it again."""

    stack: Stack
    moment: str
    kills: int = 0
    _thread: threading.Thread | None = None

    def at(self, moment: str) -> None:
        """Kill now if this is the moment, and return when the stack is ready again."""
        if moment == self.moment:
            self._kill()

    def during(self, moment: str) -> None:
        """Kill in a little while if this is the moment; return at once."""
        if moment == self.moment and self._thread is None:
            self._thread = threading.Timer(_HALFWAY_SECONDS, self._kill)
            self._thread.start()

    def _kill(self) -> None:
        if not self.kills:
            self.kills += 1
            self.stack.kill()
            self.stack.start()

    def wait(self) -> None:
        """Return when no kill is under way."""
        if self._thread is not None:
            self._thread.join()


@dataclass(slots=True)
class Tale:
    """What two recipients get: one opens and confirms it, one leaves it unopened for a week."""

    services: Services
    killer: Killer
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    file: bytes = field(default_factory=lambda: letters.pdf(600_000))
    secret: str = ""
    attachment: str = ""
    to_kari: str = ""
    to_business: str = ""

    @property
    def agency(self) -> Api:
        """The app as the agency calls it, with a new token."""
        return enduring(lambda: self.services.organisation(letters.AGENCY))

    @property
    def kari(self) -> Api:
        """The app as the recipient calls it, with a new token."""
        return enduring(lambda: self.services.person(letters.KARI))

    def tell(self) -> None:
        """All of it, whatever happens to the stack meanwhile."""
        agency = self.agency
        made = enduring(lambda: agency.subscribe(self.services.hook_url(self.name), letters.LETTERS))
        if "secret" not in made:  # The answer that held it was lost with the process.
            made = enduring(lambda: agency.renew_secret(made["id"]))
        self.secret = made["secret"]
        self._upload(agency)
        self._send(agency)
        self._receive()
        self._wait_a_week()

    def _upload(self, agency: Api) -> None:
        body = letters.attachment("vedtak.pdf", content=self.file)
        self.attachment = enduring(lambda: agency.announce(body))
        enduring(lambda: self._upload_once(agency))
        self.killer.wait()
        self.killer.at("after the upload")
        enduring(lambda: agency.until_scanned(self.attachment))

    def _upload_once(self, agency: Api) -> None:
        answer = agency.upload(self.attachment, self._slowly())
        if answer.status_code == 200:
            return
        if answer.status_code == 400 and number_of(answer.json()) == 2005:
            found = agency.attachment(self.attachment)
            if found["checksum"] and found["status"] == "Published":
                return
            self.services.advance("PT2M")  # An upload that a crash has cut off may be taken over after a minute.
        raise NotHeld("upload", 200, answer.text)

    def _slowly(self) -> Iterator[bytes]:
        half = len(self.file) // 2
        yield self.file[:half]
        self.killer.during("while the bytes go up")
        if not self.killer.kills and self.killer.moment == "while the bytes go up":
            self.killer.wait()
        yield self.file[half:]

    def _send(self, agency: Api) -> None:
        message = letters.letter(
            letters.KARI,
            letters.BUSINESS,
            reference=self.name,
            key=str(uuid.uuid4()),
            notification=letters.notice(self.name),
            **letters.confirmation(enduring(self.services.now)),
        )
        message = letters.with_attachments(message, self.attachment)
        self.killer.during("while the message is handed in")
        self.to_kari, self.to_business = enduring(lambda: self._send_once(agency, message))
        self.killer.wait()
        self.killer.at("after it was accepted")
        for id_ in (self.to_kari, self.to_business):
            enduring(lambda id_=id_: agency.until_status(id_, "Published", seconds=90))  # type: ignore[misc]
        if self.killer.moment == "when the first mail was sent":
            eventually("a mail", lambda: self.mails("kari@person.example"), len, every=0.01)
        self.killer.at("when the first mail was sent")

    def _send_once(self, agency: Api, message: Json) -> list[str]:
        answer = agency.send(message)
        if answer.status_code == 409 and "Retry-After" in answer.headers:
            self.services.advance(f"PT{answer.headers['Retry-After']}S")  # The crashed one counts as in flight so long.
        return ids_of(answer)

    def _receive(self) -> None:
        kari = self.kari
        enduring(lambda: kari.overview(self.to_kari))
        enduring(lambda: kari.content(self.to_kari))
        enduring(lambda: self._download(kari))
        enduring(lambda: self._confirm(kari))
        self.killer.at("after it was confirmed")

    def _download(self, kari: Api) -> None:
        expect("the bytes", True, kari.download(self.to_kari, self.attachment).content == self.file)

    def _confirm(self, kari: Api) -> None:
        answer = kari.call("POST", f"/correspondence/{self.to_kari}/confirm")
        if answer.status_code != 200 and number_of(answer.json()) != 1041:
            raise NotHeld("confirm", 200, answer.text)

    def _wait_a_week(self) -> None:
        for address in ("kari@person.example", "post@business.example"):
            eventually(f"a notice to {address}", lambda to=address: enduring(lambda: self.mails(to)), len, seconds=90)  # type: ignore[misc]
        enduring(lambda: self.services.advance("P7DT1H"))
        self.killer.at("after seven days")
        eventually("a reminder", lambda: enduring(lambda: self.mails("post@business.example")), lambda m: len(m) > 1)
        enduring(lambda: settle(self.services, self.agency))

    def mails(self, to: str) -> list[str]:
        """The subjects of this story's mails to an address, oldest first."""
        return [mail["subject"] for mail in self.services.mail(to) if self.name in mail["subject"]]

    def texts(self, to: str) -> list[str]:
        """This story's SMS to a number, oldest first."""
        return [sms["message"] for sms in self.services.sms(to) if self.name in sms["message"]]

    def dialogs(self, party: str) -> list[Json]:
        """This story's dialogs of a party."""
        return [one for one in self.services.dialogs(party) if one["externalReference"] == self.name]

    def dialog(self, id_: str) -> Json:
        """The dialog of a correspondence."""
        return self.services.dialog(dialog_of(self.agency.overview(id_)))

    def deliveries(self) -> list[Json]:
        """Every delivery that this story's webhook has taken."""
        return hooks.deliveries(self.services.hook(self.name))
