"""The country's names of channels in tables, legends and answers."""

from sim.language.labels import spelled
from sim.scenario.schema.base import ChannelWord, Mistakes, Sparse, mistake


class ChannelNames(Sparse):
    """Names of channels in tables, legends and axes; sentences use the usual words.

    Names must differ. A channel without a name has the usual one in the current language.
    """

    call: ChannelWord | None = None
    """Name of calls, of gangs and of officers alike. Example: `phone`"""
    sms: ChannelWord | None = None
    """Name of SMS, of gangs and of officers alike. Example: `text message`"""
    online: ChannelWord | None = None
    """Name of attempts by chats, posts and advertisements. Example: `messenger`"""
    app: ChannelWord | None = None
    """Name of messages in the warning app. Example: `bank app`"""
    visit: ChannelWord | None = None
    """Name of visits by officers. Example: `home visit`"""

    def _wrong(self) -> Mistakes:
        shown: dict[str, str] = {}
        for channel in type(self).model_fields:
            name = getattr(self, channel) or spelled(channel)
            if name in shown:
                yield mistake(channel, f"has the name '{name}', as {shown[name]} has", "must have its own name")
            shown[name] = channel

    @property
    def names(self) -> dict[str, str]:
        """The given names by the usual ones."""
        given = {spelled(channel): getattr(self, channel) for channel in type(self).model_fields}
        given |= {"calls": self.call, "visits": self.visit}  # of several
        return {channel: name for channel, name in given.items() if name is not None}
