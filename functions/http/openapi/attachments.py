"""Examples and refusals of the operations on attachments. Source of the numbers: wire contract 1.3 and 5.9."""

from collections.abc import Mapping

from functions.http.openapi.entry import ACCESS, FREE_FILE, NEW_FILE, OF_FILE, RESOURCE, WRITTEN_FILE, Entry, Example
from shared.domain.errors import Refusal


def _of(file: str, summary: str) -> Example:
    return Example(summary=summary, path={"attachmentId": file})


ENTRIES: Mapping[str, Entry] = {
    "initialise_attachment": Entry(
        examples=(
            Example(
                summary="A file is announced",
                json={"resourceId": RESOURCE, "fileName": "vedtak.pdf", "sendersReference": "case-2026-4"},
            ),
        ),
        refusals=(
            Refusal.RESOURCE_UNKNOWN,
            *ACCESS,
            Refusal.RESOURCE_TYPE_ATTACHMENT,
            Refusal.FILE_NAME_MISSING,
            Refusal.FILE_NAME_TOO_LONG,
            Refusal.FILE_NAME_CHARACTERS,
            Refusal.FILE_TYPE_NOT_ALLOWED,
            Refusal.FILE_NAME_RESERVED,
            Refusal.EXPIRATION_TOO_SHORT,
        ),
    ),
    "upload_attachment": Entry(
        examples=(Example(summary="Its bytes", path={"attachmentId": NEW_FILE}, content="%PDF-1.7 another one"),),
        refusals=(
            *OF_FILE,
            Refusal.FILE_SIZE,
            Refusal.ATTACHMENT_LINKED,
            Refusal.ALREADY_UPLOADED,
            Refusal.CHECKSUM_MISMATCH,
            Refusal.UPLOAD_TOO_SLOW,
            Refusal.UPLOAD_FAILED,
        ),
    ),
    "link_attachment_upload": Entry(
        examples=(_of(NEW_FILE, "A link to write it"),),
        refusals=(*OF_FILE, Refusal.ATTACHMENT_LINKED, Refusal.ALREADY_UPLOADED),
        addition=True,
    ),
    "complete_attachment_upload": Entry(
        examples=(
            Example(
                summary="It has been written",
                path={"attachmentId": WRITTEN_FILE},
                json={
                    "size": 16,
                    "sha256": "4fba80c99a5c739da9ee0e2545e89e1329f86d6d896b3990f96cba861af520f7",
                },
            ),
        ),
        refusals=(
            *OF_FILE,
            Refusal.FILE_SIZE,
            Refusal.ALREADY_UPLOADED,
            Refusal.CHECKSUM_MISMATCH,
            Refusal.NOT_ALL_WRITTEN,
            Refusal.NO_UPLOAD_BEGUN,
        ),
        addition=True,
    ),
    "get_attachment": Entry(examples=(_of(FREE_FILE, "A file"),), refusals=OF_FILE),
    "get_attachment_details": Entry(examples=(_of(FREE_FILE, "A file with its history"),), refusals=OF_FILE),
    "delete_attachment": Entry(
        examples=(_of(FREE_FILE, "A file that no letter uses"),),
        refusals=(
            *OF_FILE,
            Refusal.ATTACHMENT_PURGED_ALREADY,
            Refusal.ATTACHMENT_IN_USE,
            Refusal.ATTACHMENT_EXPIRED_ALREADY,
        ),
    ),
    "download_attachment": Entry(
        examples=(_of(FREE_FILE, "A file before it is sent"),),
        refusals=(
            *OF_FILE,
            Refusal.SENDER_CAN_NO_LONGER_DOWNLOAD,
            Refusal.ATTACHMENT_PURGED,
            Refusal.ATTACHMENT_EXPIRED,
        ),
    ),
}
"""By the operation's id."""
