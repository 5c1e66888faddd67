"""The methods by which a bot presents itself: name, descriptions, commands, each with languages."""

import re
from typing import Any

from sandbox.telegram.api.methods import Method
from sandbox.telegram.api.params import Params
from sandbox.telegram.world.errors import bad_request
from sandbox.telegram.world.model import Json
from sandbox.telegram.world.profile import Profile

MOST_COMMANDS = 100
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")
_LONGEST_COMMAND_DESCRIPTION = 256
# The Bot API's name of each text, the profile's key, the longest text, and the refusal of a longer one.
_TEXTS = (
    ("name", "name", 64, "BOT_TITLE_INVALID"),
    ("description", "description", 512, "BOT_DESCRIPTION_TOO_LONG"),
    ("shortdescription", "short_description", 120, "BOT_ABOUT_TOO_LONG"),
)


class ProfileMethods:
    """What the bot says about itself."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def table(self) -> dict[str, Method]:
        """Return the methods by lower-case name."""
        methods: dict[str, Method] = {
            "setmycommands": self.set_my_commands,
            "getmycommands": self.get_my_commands,
            "deletemycommands": self.delete_my_commands,
        }
        for method, key, longest, refusal in _TEXTS:
            methods[f"setmy{method}"] = self._setter(key, longest, refusal)
            methods[f"getmy{method}"] = self._getter(key)
        return methods

    async def set_my_commands(self, params: Params) -> bool:
        """Set the commands of a scope and language."""
        given = params.value("commands", "can't parse commands list")
        if not isinstance(given, list):
            raise bad_request("can't parse commands list: expected an Array")
        if len(given) > MOST_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        self._profile.put(_commands_key(params), [_command(command) for command in given])
        return True

    async def get_my_commands(self, params: Params) -> list[Json]:
        """Return the commands of exactly this scope and language."""
        commands: list[Json] = self._profile.get(_commands_key(params)) or []
        return commands

    async def delete_my_commands(self, params: Params) -> bool:
        """Remove the commands of a scope and language."""
        self._profile.put(_commands_key(params), [])
        return True

    def _setter(self, key: str, longest: int, refusal: str) -> Method:
        async def put(params: Params) -> bool:
            text = params.text(key)
            if len(text) > longest:
                raise bad_request(refusal)
            self._profile.put(f"{key}:{_language(params)}", text)
            return True

        return put

    def _getter(self, key: str) -> Method:
        async def get(params: Params) -> Json:
            fallback = self._profile.get(f"{key}:", "")
            return {key: self._profile.get(f"{key}:{_language(params)}", "") or fallback}

        return get


def _language(params: Params) -> str:
    language = params.text("language_code")
    if _LANGUAGE.fullmatch(language) is None:
        raise bad_request("invalid language code specified")
    return language


def _commands_key(params: Params) -> str:
    scope = params.value("scope", "can't parse BotCommandScope") or {"type": "default"}
    if not isinstance(scope, dict):
        raise bad_request("can't parse BotCommandScope: expected an Object")
    where = ":".join(str(scope.get(part, "")) for part in ("type", "chat_id", "user_id"))
    return f"commands:{where}:{_language(params)}"


def _command(given: Any) -> Json:  # noqa: ANN401  # whatever the bot sent
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    command = str(given.get("command", "")).removeprefix("/")
    description = str(given.get("description", ""))
    if _COMMAND.fullmatch(command) is None:
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= _LONGEST_COMMAND_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command, "description": description}
