"""Why a dossier or a document of it cannot be kept."""

from config.kernel.errors import DomainError


class InvalidDocument(DomainError):
    """A document whose facts or file are wrong, each named."""

    code = "invalid-document"
    status = 422
    title = "Invalid document"


class InvalidDossier(DomainError):
    """A dossier whose facts are wrong, each named."""

    code = "invalid-dossier"
    status = 422
    title = "Invalid dossier"


class InvalidRequirement(DomainError):
    """A certificate requirement whose facts are wrong, each named."""

    code = "invalid-requirement"
    status = 422
    title = "Invalid certificate requirement"


class AlreadyWithdrawn(DomainError):
    """The document was withdrawn before."""

    code = "document-withdrawn"
    title = "Document already withdrawn"
