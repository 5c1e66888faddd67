"""What the page shows of pushes: script and manifest in the head, the button, the choice of how much."""

from dataclasses import dataclass

from markupsafe import Markup

from services.notifier.page.installing.routes import MANIFEST, PAGE, PUSH, WORKER, PushDoor
from services.notifier.page.views.looks import Looker
from services.notifier.page.views.templates import Templates


@dataclass(frozen=True)
class PushExtras:
    """What each page bears; only who is on record is offered pushes."""

    templates: Templates
    door: PushDoor | None

    def head(self, looker: Looker, nonce: str) -> Markup:
        """Return the links of an installed page, and the script."""
        return self._rendered("head.html", looker, nonce=nonce, manifest=self._at(MANIFEST))

    def page(self, looker: Looker) -> Markup:
        """Return the button, hidden until the script finds that it can do something."""
        return self._rendered(
            "push.html",
            looker,
            key="" if self.door is None or looker.person is None else self.door.public_key,
            worker=self._at(WORKER),
            scope=self._at(PAGE),
            subscriptions=self._at(PUSH),
            detail=None,
        )

    async def settings(self, looker: Looker) -> Markup:
        """Return the button and the choice of how much is shown."""
        if self.door is None or looker.person is None or looker.session is None:
            return Markup()
        return self._rendered(
            "push.html",
            looker,
            key=self.door.public_key,
            worker=self._at(WORKER),
            scope=self._at(PAGE),
            subscriptions=self._at(PUSH),
            detail=await self.door.subscriptions.detail(looker.session.id),
        )

    def _at(self, path: str) -> str:
        return f"{self.templates.base}{path}"

    def _rendered(self, name: str, looker: Looker, **values: object) -> Markup:
        told = {"token": looker.visitor.token, **values}
        text = self.templates.render(f"installing/{name}", looker.speech, told)
        return Markup(text)  # noqa: S704 - the template escapes all that is put in
