"""Who the agency's own Telegram bot is, asked before anything else starts."""

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from cli.errors import CommandError


async def bot_name(token: str, api_url: str) -> str:
    """Return the bot's public name; CommandError where Telegram refuses the token or does not answer."""
    try:
        async with Bot(token, base_url=f"{api_url.rstrip('/')}/bot") as bot:
            return bot.username
    except InvalidToken:
        raise CommandError(
            "Telegram refuses DOCWATCH_TELEGRAM_TOKEN; BotFather shows the right one under /mybots, API Token"
        ) from None
    except TelegramError as error:
        raise CommandError(f"cannot ask {api_url} who the bot is: {type(error).__name__}") from None
