"""What worlds are made of."""

from idp_mock.world.checks import Checker
from idp_mock.world.index import Index
from idp_mock.world.loader import dump
from idp_mock.world.schema import WorldFile


class Template:
    """What worlds are made of, shared by all of them and never changed.

    Args:
        document: a world file; persons and all other parts are replaced, never changed, so that worlds may share them.
        index: its look-ups, if there are any yet.
        checker: what is taken in it, if that is known yet.
    """

    def __init__(self, document: WorldFile, index: Index | None = None, checker: Checker | None = None) -> None:
        self.document = document
        self.index = index or Index(document)
        self._checker = checker

    def checker(self) -> Checker:
        """A checker that knows all of it, made when it is first asked for: most worlds are only read."""
        if self._checker is None:
            self._checker = Checker()
            list(self._checker.document(dump(self.document)))
        return self._checker.layer()


def with_own_settings(document: WorldFile) -> WorldFile:
    """The same document with settings that may be changed apart."""
    return document.model_copy(update={"settings": document.settings.model_copy()})
