"""How many calls a day one address may make. VK is said to allow 15 000; here as many as the world is set to."""

from datetime import date

from idp_mock.oauth.room import make_room
from idp_mock.vkid.errors import VkIdRefusal, Wire
from idp_mock.world import World


class DailyCalls:
    """The calls of this day by the world's clock."""

    def __init__(self) -> None:
        self._day = date.min
        self._counts: dict[str, int] = {}

    def count(self, world: World, address: str) -> None:
        """Counts a call of an address.

        Raises:
            VkIdRefusal: it is one too many.
        """
        most = world.settings.vk_daily_calls
        if not most:
            return
        today = world.clock_of("vk_id").now().date()
        if today != self._day:
            self._day = today
            self._counts.clear()
        if address not in self._counts:
            make_room(self._counts)
        self._counts[address] = self._counts.get(address, 0) + 1
        if self._counts[address] > most:
            raise VkIdRefusal(Wire.SLOW_DOWN, f"expected at most {most} calls a day of one address, got one more")
