"""Steps of large imports, by workers."""

from uuid import UUID

from celery import shared_task

from catalog.supplier_files import services
from config.kernel import clock


@shared_task(name="catalog.supplier_files.check")
def check(*, run_id: str) -> None:
    """Check a large file."""
    services.continue_run(run_id=UUID(run_id), clock=clock.now)


@shared_task(name="catalog.supplier_files.apply")
def apply(*, run_id: str) -> None:
    """Apply a large file, in short transactions."""
    services.continue_run(run_id=UUID(run_id), clock=clock.now)


@shared_task(name="catalog.supplier_files.undo")
def undo(*, run_id: str) -> None:
    """Undo a large import as a whole."""
    services.continue_run(run_id=UUID(run_id), clock=clock.now)


@shared_task(name="catalog.supplier_files.resume_stalled")
def resume_stalled() -> int:
    """Start again what a worker that died has left."""
    return services.resume_stalled(now=clock.now())
