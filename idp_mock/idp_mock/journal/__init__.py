"""What came to the providers of a world, and what they answered."""

from idp_mock.journal.journal import Exchange, Journal

__all__ = ["Exchange", "Journal"]
