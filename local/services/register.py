"""The seeds, and whether the stand-ins are alive."""

from aiohttp import web

from local import seeds
from local.services.context import context


async def get_seeds(request: web.Request) -> web.Response:
    """Answer the parties and resources that every stack has, and what each is good for."""
    return web.json_response(
        {
            "parties": [
                {
                    "id": party.number,
                    "urn": party.urn,
                    "name": party.name,
                    "kind": party.kind,
                    "goodFor": party.good_for,
                }
                for party in seeds.PARTIES
            ],
            "resources": [
                {"id": resource.id, "owner": resource.owner, "type": resource.type, "goodFor": resource.good_for}
                for resource in seeds.RESOURCES
            ],
        }
    )


async def health(request: web.Request) -> web.Response:
    """Answer that the stand-ins are up and can read what they have kept."""
    context(request).store.row("SELECT 1")
    return web.json_response({"status": "Healthy"})


ROUTES = (web.get("/seeds", get_seeds), web.get("/health", health))
