"""The description of a provider's gateway: a YAML file, checked as a whole before anything is sent.

Secrets are named as `${NAME}` and stand in the environment alone. Each complaint has its line and says what
to do, and none holds a secret.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path as FilePath
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from contracts.catalogue.reading.problems import Path, Problem, dotted
from contracts.catalogue.reading.sentences import sentence
from contracts.catalogue.reading.tree import Document, read_document
from services.notifier.channels.sms import templates
from services.notifier.channels.sms.pointers import Pointer
from services.notifier.channels.sms.receipts import Base

_NAME_OF_HEADER = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$"
Header = Annotated[str, Field(pattern=_NAME_OF_HEADER)]


class DescriptionError(ValueError):
    """A description cannot be used; the message names each place and what to do, and holds no secret."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _json(text: object) -> object:
    """Return what a JSON text holds; ValueError that says where it is broken."""
    if not isinstance(text, str):
        raise ValueError("must be JSON as a text: put a | behind the colon and the JSON below")  # noqa: TRY004 - for pydantic
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None


class Auth(_Part):
    """HTTP Basic."""

    user: str
    password: str


class Answer(_Part):
    """Where an answer bears the message's id, and the code of an error; how the id is written."""

    id: Pointer
    error: Pointer | None = None
    ids: Base = "text"


class Errors(_Part):
    """What codes of errors mean; `HTTP 503` is an answer's status."""

    throttled: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    permanent: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    again: tuple[str, ...] = ()

    @property
    def meanings(self) -> Mapping[str, str]:
        """The meaning of each code."""
        return {code: name for name in type(self).model_fields for code in getattr(self, name)}

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(self.meanings) != sum(len(getattr(self, name)) for name in type(self).model_fields):
            raise ValueError("gives one code two meanings; leave it in one list")
        return self


class Receipts(_Part):
    """Where a posted delivery receipt bears what; `items` is where a list of them stands.

    Whose text it was says the `number`, or our own `{key}` where the provider sends it back as `key`.
    `delivered` and `failed` are words of the provider's own, beside those that are known anyway.
    """

    items: Pointer = ""
    id: Pointer
    status: Pointer
    number: Pointer | None = None
    key: Pointer | None = None
    error: Pointer | None = None
    ids: Base = "text"
    delivered: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if self.number is None and self.key is None:
            raise ValueError("must say where number or key stands: else nobody knows whose text it was")
        return self


class Texts(_Part):
    """Where a text that somebody sent in bears what."""

    items: Pointer = ""
    number: Pointer
    text: Pointer
    id: Pointer | None = None


class Signature(_Part):
    """A signature over every body that is posted: HMAC, in a header."""

    header: Header
    key: str
    hash: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = Field(default="", max_length=32)


class Posts(_Part):
    """How the provider posts to us: the secret in the path, the form of bodies, their signature."""

    secret: str
    format: Literal["json", "form"] = "json"
    signature: Signature | None = None


class Unicode(_Part):
    """What the place `{unicode}` is for texts without and with letters beyond GSM 03.38."""

    no: str = "false"
    yes: str = "true"


class Description(_Part):
    """A provider's gateway, as its documentation describes it.

    `json` or `form` is the body; `number` is how numbers are written, with `+` or as digits. `idempotent`:
    the provider sends nothing twice that bears the same `{key}`. `insecure` allows http:// to another
    machine. `rate` is in messages a second.
    """

    url: str = Field(max_length=500)
    method: Literal["POST", "PUT"] = "POST"
    headers: Mapping[Header, str] = Field(default_factory=dict)
    auth: Auth | None = None
    body: Annotated[object, BeforeValidator(_json)] = Field(default=None, alias="json")
    form: Mapping[str, str] | None = None
    sender: str | None = Field(default=None, max_length=16)
    number: Literal["plus", "digits"] = "plus"
    unicode: Unicode = Unicode()
    idempotent: bool = False
    insecure: bool = False
    rate: float = Field(default=10.0, gt=0, le=1000)
    answer: Answer
    errors: Errors = Errors()
    receipts: Receipts | None = None
    texts: Texts | None = None
    posts: Posts | None = None

    @property
    def template(self) -> templates.Tree:
        """The body's tree."""
        return dict(self.form) if self.form is not None else self.body  # type: ignore[return-value]  # read from JSON

    @property
    def references(self) -> Iterator[tuple[Path, templates.Tree]]:
        """All that may name places or secrets, by where it stands."""
        yield ("form",) if self.form is not None else ("json",), self.template
        yield from ((("headers", name), value) for name, value in self.headers.items())
        if self.auth is not None:
            yield ("auth", "password"), self.auth.password
        if self.posts is not None:
            yield ("posts", "secret"), self.posts.secret
            if self.posts.signature is not None:
                yield ("posts", "signature", "key"), self.posts.signature.key


def load_description(file: FilePath, secrets: Mapping[str, str]) -> Description:
    """Read a description; `secrets` are those that it may name, empty where one is not set.

    Raises DescriptionError with everything that is wrong.
    """
    document = read_document(file, file.name)
    described = None if document.problems else _described(document)
    if described is not None:
        for path, detail in _faults(described, secrets):
            _complain(document, path, detail)
    if document.problems or described is None:
        raise DescriptionError("; ".join(map(str, document.problems)))
    return described


def _described(document: Document) -> Description | None:
    if not isinstance(document.tree, dict):
        document.complain(1, (), "must be a mapping that begins with url:")
        return None
    try:
        return Description.model_validate(document.tree)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            path = tuple(part for part in one["loc"] if part != "[key]")
            # What stands in one of these may be a secret that somebody wrote out.
            wrong = sentence(one) if path[:1] not in {("auth",), ("posts",), ("headers",)} else one["msg"]
            _complain(document, path, wrong)
    return None


def _complain(document: Document, path: Path, detail: str) -> None:
    places = (document.lines.get(path[:length]) for length in range(len(path), -1, -1))
    document.problems.append(Problem(document.file, next(filter(None, places), None), dotted(path), detail))


def _faults(one: Description, secrets: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with a description whose parts are well."""
    yield from _of_address(one)
    if (one.body is None) == (one.form is None):
        yield ("json",), "is one way to write the body, form the other; give exactly one"
        return
    for path, tree in one.references:
        try:
            templates.filler(tree, secrets)
        except templates.TemplateError as error:
            yield path, str(error)
    named = templates.places_in(one.template)
    if lacking := [f"{{{place}}}" for place in ("number", "text") if place not in named]:
        yield ("form",) if one.form else ("json",), f"does not say where {' and '.join(lacking)} stands"
    keyed = "key" in named or any("key" in templates.places_in(value) for value in one.headers.values())
    if one.idempotent and not keyed:
        yield ("idempotent",), "needs the place {key} in the body or a header: by it a copy is known"
    yield from _of_secrets(one)
    yield from _of_posts(one, named)


def _of_address(one: Description) -> Iterator[tuple[Path, str]]:
    try:
        parts = urlsplit(one.url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if host is None or parts.scheme not in {"http", "https"} or parts.username is not None:
        yield ("url",), "must be like https://api.provider.example/v1/messages, without a user"
    elif "{" in one.url or parts.query:
        yield ("url",), "must hold nothing but the address: what is sent goes into the body or headers"
    elif parts.scheme == "http" and not one.insecure and not _is_here(host):
        yield (
            ("url",),
            "is http:// to another machine: use https://, or say insecure: true for an own line",
        )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _of_secrets(one: Description) -> Iterator[tuple[Path, str]]:
    """A secret that is written out would be in a file that many may read."""
    hidden = [
        (path, tree)
        for path, tree in one.references
        if path[0] in {"auth", "posts"} or (path[0] == "headers" and str(path[1]).lower() == "authorization")
    ]
    for path, tree in hidden:
        if not templates.names_secret(str(tree)):
            yield path, "must name a secret as ${DOCWATCH_SMS_...}, not hold one"


def _of_posts(one: Description, named: frozenset[str]) -> Iterator[tuple[Path, str]]:
    told = one.receipts is not None or one.texts is not None
    if told and one.posts is None:
        yield ("posts",), "is missing: receipts and texts come in by it"
    if one.posts is not None and not told:
        yield ("posts",), "is of no use without receipts or texts"
    if "posts" in named and one.posts is None:
        yield ("posts",), "is missing: the body names {posts}, the address of our door"
