"""Dialogporten, the service owner's side. No retries of its own: the agenda does that."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from shared.adapters.answers import refusal
from shared.domain.errors import Rejected, Unavailable
from shared.domain.identifiers import PartyUrn, resource_id
from shared.ports.neighbours import KnownDialog

_DIALOGS = "/api/v1/serviceowner/dialogs"
_SILENTLY = {"isSilentUpdate": "true"}
_TIMEOUT_SECONDS = 20.0
_GONE = frozenset({404, 410})
_NEIGHBOUR = "dialogporten"


class DialogportenClient:
    """The port `Dialogs`.

    Every call raises Unavailable (with the wait, when one was named) for 401, 408, 429, 5xx and when no answer comes,
    and Rejected with the status for any other refusal.
    """

    def __init__(self, base_url: str, token: Callable[[], Awaitable[str]]) -> None:
        """`base_url` ends before `/api/v1`; `token` gives the bearer token for each call."""
        self._base_url = base_url.rstrip("/") + _DIALOGS
        self._token = token
        self._client: httpx.AsyncClient | None = None

    async def create(self, dialog: Mapping[str, object]) -> None:
        """Create it; that its id exists already is success."""
        answer = await self._call("POST", "", json=dialog)
        _require(answer, exists=str(dialog.get("id", "")))

    async def find(self, dialog_id: str) -> KnownDialog | None:
        """The dialog, or None when it was never there, is deleted or purged."""
        answer = await self._call("GET", f"/{dialog_id}")
        if answer.status_code in _GONE:
            return None
        _require(answer)
        dialog = _read(answer)
        if dialog.get("deletedAt"):
            return None
        return KnownDialog(
            party=PartyUrn(str(dialog.get("party", "")).lower()),
            resource_id=resource_id(str(dialog.get("serviceResource", ""))),
            owner_code=str(dialog.get("org", "")),
        )

    async def add_transmission(self, dialog_id: str, transmission: Mapping[str, object]) -> None:
        """Append it, which marks the dialog as changed; that its id exists already is success."""
        answer = await self._call("POST", f"/{dialog_id}/transmissions", json=transmission)
        _require(answer, exists=str(transmission.get("id", "")))

    async def add_activity(self, dialog_id: str, activity: Mapping[str, object]) -> None:
        """Append it without marking the dialog as changed; that its id exists already is success."""
        answer = await self._call("POST", f"/{dialog_id}/activities", params=_SILENTLY, json=activity)
        _require(answer, exists=str(activity.get("id", "")))

    async def close_confirmation(self, dialog_id: str) -> None:
        """Remove the confirm actions and set RequiresAttention to NotApplicable, under the dialog's revision.

        Nothing to remove, and a dialog that is gone, are done. A lost race is tried once more, then Unavailable.
        """
        for _ in range(2):
            answer = await self._call("GET", f"/{dialog_id}")
            if answer.status_code in _GONE:
                return
            _require(answer)
            dialog = _read(answer)
            if not (patch := _closing(dialog)):
                return
            headers = {"If-Match": str(dialog.get("revision", "")), "Content-Type": "application/json-patch+json"}
            answer = await self._call("PATCH", f"/{dialog_id}", params=_SILENTLY, json=patch, headers=headers)
            if answer.status_code in _GONE:
                return
            if answer.status_code != 412:
                _require(answer)
                return
        raise Unavailable(_NEIGHBOUR)

    async def set_labels(self, dialog_id: str, labels: Mapping[str, object]) -> None:
        """Change the system labels that its end users see; fine when the dialog is gone."""
        answer = await self._call("PUT", f"/{dialog_id}/endusercontext/systemlabels", json=labels)
        if answer.status_code not in _GONE:
            _require(answer)

    async def delete(self, dialog_id: str) -> bool:
        """Soft-delete it. False when it is gone already."""
        answer = await self._call("DELETE", f"/{dialog_id}")
        if answer.status_code in _GONE:
            return False
        _require(answer)
        return True

    async def purge(self, dialog_id: str) -> None:
        """Remove it for good; fine when it is gone already."""
        answer = await self._call("POST", f"/{dialog_id}/actions/purge")
        if answer.status_code not in _GONE:
            _require(answer)

    async def close(self) -> None:
        """Close the client, if there is one."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)
        bearer = {"Authorization": f"Bearer {await self._token()}"}
        try:
            return await self._client.request(
                method, self._base_url + path, headers={**bearer, **(headers or {})}, **content
            )
        except httpx.HTTPError as error:
            raise Unavailable(_NEIGHBOUR) from error


def _require(answer: httpx.Response, *, exists: str = "") -> None:
    """Raise unless it is a success, or says that the id `exists` is there already."""
    if not answer.is_success and not (exists and _says_exists(answer, exists)):
        raise refusal(_NEIGHBOUR, answer.status_code, answer.headers)


def _says_exists(answer: httpx.Response, id_: str) -> bool:
    """A 409 names the id that is in the way, which may be another one; a 422 says `already exists` of the given id.

    Source: Dialogporten's behaviour for a repeated key and for a repeated id.
    """
    text = answer.text.lower()
    match answer.status_code:
        case 409:
            return id_.lower() in text
        case 422:
            return "already exist" in text
        case _:
            return False


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError as error:
        raise Unavailable(_NEIGHBOUR) from error
    if not isinstance(body, dict):
        raise Rejected(_NEIGHBOUR, "a dialog that is no object")
    return body


def _closing(dialog: Mapping[str, Any]) -> list[dict[str, object]]:
    """The patch that ends the wish for a confirmation; from the highest index down, so that no index moves."""
    patch: list[dict[str, object]] = []
    for name, urls in (("guiActions", _gui_urls), ("apiActions", _api_urls)):
        actions = dialog.get(name) or []
        found = [index for index, action in enumerate(actions) if any(map(_confirms, urls(action)))]
        patch += [{"op": "remove", "path": f"/{name}/{index}"} for index in reversed(found)]
    if dialog.get("status") == "RequiresAttention":
        patch.append({"op": "replace", "path": "/status", "value": "NotApplicable"})
    return patch


def _gui_urls(action: Mapping[str, Any]) -> list[str]:
    return [str(action.get("url", ""))]


def _api_urls(action: Mapping[str, Any]) -> list[str]:
    return [str(endpoint.get("url", "")) for endpoint in action.get("endpoints") or []]


def _confirms(url: str) -> bool:
    return urlsplit(url).path.rstrip("/").endswith("/confirm")
