"""The embedded broker under the real client."""
