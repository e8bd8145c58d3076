"""The whole story of a message on a stack of its own: `python -m local.demo`."""
