"""Uploads straight to the storage, in and out. All of it is ours."""

from typing import Annotated, Literal, Self

from pydantic import Field
from pydantic import model_validator as validates

from shared.domain.errors import FieldError, InvalidRequest
from shared.schemas.base import Answer, Number, Time, Wire


class UploadCompleted(Wire):
    """What was written to a link: how many bytes, and a digest of them in hex."""

    size: Annotated[Number, Field(ge=0)]
    sha256: Annotated[str | None, Field(pattern=r"^[0-9a-fA-F]{64}$", description="64 hex digits")] = None
    md5: Annotated[str | None, Field(pattern=r"^[0-9a-fA-F]{32}$", description="32 hex digits")] = None

    @validates(mode="after")
    def _a_digest(self) -> Self:
        if not self.sha256 and not self.md5:
            raise InvalidRequest(FieldError("sha256", "must be given, or md5"))
        return self


class UploadLink(Answer):
    """Where the bytes are written: with this method and these headers, until it expires. The address is a secret."""

    url: str
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str]
    expires: Time
    max_bytes: int
