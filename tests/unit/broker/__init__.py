"""The embedded broker: codec, rules and configuration."""
