"""Runs of text as Telegram's HTML, in which every value is escaped."""

from services.notifier.domain.messages import Text


def html_of(text: Text) -> str:
    """Return a text in the subset `<b> <i>`; runs of the same emphasis stand between the same tags."""
    parts: list[str] = []
    same: list[str] = []
    bold = italic = False
    for run in text:
        if run.bold is not bold or run.italic is not italic:
            if same:
                parts.append(_tagged("".join(same), bold, italic))
                same.clear()
            bold, italic = run.bold, run.italic
        same.append(run.text)
    parts.append(_tagged("".join(same), bold, italic))
    return "".join(parts)


def _tagged(text: str, bold: bool, italic: bool) -> str:  # noqa: FBT001 - a run's own
    if not text:
        return ""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if italic:
        escaped = f"<i>{escaped}</i>"
    return f"<b>{escaped}</b>" if bold else escaped
