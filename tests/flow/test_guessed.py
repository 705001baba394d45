"""Files of real systems: guessed, saved, and imported for good. Skips without the sample files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pipeline import Pipeline
from pipeline.saved import propose, save, tables

SAMPLES = Path("/work/shared/samples")
FILES = {  # → a table it goes to, and how many rows of all tables
    "bagisto/customers.csv": ("party", 3),
    "woocommerce/dummy-products.csv": ("product_variant", 69),
    "metasfresh/pcm_10_PurchaseOrder_ImportFile.csv": ("purchase_order", 4),
    "bagisto/tax-rates.csv": ("tax_rate", 2),
}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample files here")
def test_a_guess_that_was_saved_imports_the_file(tmp_path: Path) -> None:
    jobs = [f"job{i}" for i in range(len(FILES))]
    config = ['database = "sqlite:///shop.db"', 'language = "fr"']
    (tmp_path / "config.toml").write_text("\n".join(config), "utf-8")
    with Pipeline(tmp_path / "config.toml") as pipeline:
        known, folder = tables(pipeline.settings), pipeline.settings.mappings
    for job, (name, (table, _)) in zip(jobs, FILES.items(), strict=True):
        made = propose(SAMPLES / name, folder, known)
        path = save(made, job, folder, known, language="fr")
        assert re.search(rf'^table +=  *"{table}"', path.read_text("utf-8"), re.MULTILINE), name
        (tmp_path / "inbox" / job).mkdir(parents=True)
        shutil.copy(SAMPLES / name, tmp_path / "inbox" / job)
        (tmp_path / "inbox" / job / Path(name).name).chmod(0o644)
        config += [
            f"[imports.{job}]",
            f'mapping = "{job}"',
            f'inbox = "inbox/{job}"',
            f'processed = "done/{job}"',
        ]
    (tmp_path / "config.toml").write_text("\n".join(config), "utf-8")
    with Pipeline(tmp_path / "config.toml") as pipeline:
        done = pipeline.once(now=True).files
    rows = {row.job: (row.state, row.inserted, row.refused) for row in done}
    assert rows == {job: ("archived", count, 0) for job, (_, count) in zip(jobs, FILES.values(), strict=True)}
