"""Files that citizens sent: each look is entered in the audit before a byte of it goes out."""

from http import HTTPStatus
from uuid import UUID

from starlette.responses import Response

from runtime.process.forms import RefusedError
from services.desk.conversations.files import UnavailableError
from services.desk.door.routes import Asked
from services.desk.page.parts import PageParts, which

KINDS = {
    "jpeg": ("image/jpeg", "jpg"),
    "png": ("image/png", "png"),
    "webp": ("image/webp", "webp"),
    "pdf": ("application/pdf", "pdf"),
}
"""Media type and ending by type; of any other nothing is handed out."""


class Filing:
    """The pages of files."""

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    async def file(self, asked: Asked) -> Response:
        """Hand a file over, by a name of ours; what its sender called it nobody knows."""
        file_id: UUID = asked.request.path_params["file"]
        found = await self._parts.conversations.look_at_file(
            asked.viewer, which(asked), file_id, self._parts.clock.now()
        )
        kind = None if found is None else KINDS.get(found.type)
        if kind is None or self._parts.files is None:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        try:
            content = await self._parts.files.content(which(asked), file_id)
        except UnavailableError:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE) from None
        if content is None:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        media_type, ending = kind
        return asked.view.file(content, media_type, f"{file_id.hex[:8]}.{ending}")
