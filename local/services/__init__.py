"""The neighbours of the service, stood in for by one small server."""
