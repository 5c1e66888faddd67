"""What a key is limited to, beyond its publisher and scopes: some documents, some offices."""

from dataclasses import dataclass

from services.ingest.domain.faults import Fault


@dataclass(frozen=True, slots=True)
class Limits:
    """None is no limit."""

    documents: frozenset[str] | None = None
    offices: frozenset[str] | None = None

    def faults(self, document_type: str, office: str | None) -> tuple[Fault, ...]:
        """Return what such an event breaks; one without an office breaks every limit of offices."""
        if self.documents is None and self.offices is None:
            return ()
        return (*self.document_faults(document_type, "/data/document_type"), *self._office_faults(office))

    def document_faults(self, document_type: str, pointer: str) -> tuple[Fault, ...]:
        """Return what a document type breaks, named at `pointer`."""
        if self.documents is None or document_type in self.documents:
            return ()
        return (Fault(pointer, "is not among the documents of this key"),)

    def _office_faults(self, office: str | None) -> tuple[Fault, ...]:
        if self.offices is None or office in self.offices:
            return ()
        return (Fault("/data/office", "must be one of the offices of this key"),)


ANYTHING = Limits()
