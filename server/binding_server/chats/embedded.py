"""The provider that is built in: a chat is real as soon as the store has it."""


class EmbeddedChatProvider:
    """Keeps no chats of its own. What the store commits is settled, so a binding's chats are READY at once."""

    @property
    def settles_inline(self) -> bool:
        """True: no job follows a claim."""
        return True
