"""Where the files of an account are."""

from pathlib import Path
from typing import Final

DRY_RUN_NAME: Final = "dry_run"


def account_folder(accounts_dir: Path, account_id: str, *, dry_run: bool) -> Path:
    """Return an account's folder. A dry run has one of its own inside it, so that nothing imagined ever lies among
    the files of real trading, and an account that is switched to live begins where its real trading ended."""
    folder = accounts_dir / account_id
    return folder / DRY_RUN_NAME if dry_run else folder
