"""The body of an answer about the service itself. Source: wire contract 1.4."""

from shared.schemas.base import Answer


class Health(Answer):
    """Whether the service, or its process, is well."""

    status: str
    message: str
