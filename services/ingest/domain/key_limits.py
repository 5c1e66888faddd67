"""What a key is limited to, beyond its publisher and scopes: some documents, some offices.

Every route asks here, and so does every door: what a key may send, and of what it may know. A receipt is of a
document and of no office.
"""

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
        if self.allows_document(document_type):
            return ()
        return (Fault(pointer, "is not among the documents of this key"),)

    def allows(self, document_type: str | None, office: str | None) -> bool:
        """Tell whether a key may send or know such a thing; what is not said breaks the limit of it."""
        return self.allows_document(document_type) and self._allows_office(office)

    def allows_document(self, document_type: str | None) -> bool:
        """Tell whether a key may do something about a document of this type, whatever the office."""
        return self.documents is None or document_type in self.documents

    def _allows_office(self, office: str | None) -> bool:
        return self.offices is None or office in self.offices

    def _office_faults(self, office: str | None) -> tuple[Fault, ...]:
        if self._allows_office(office):
            return ()
        return (Fault("/data/office", "must be one of the offices of this key"),)


ANYTHING = Limits()
