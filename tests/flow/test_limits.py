"""What a file may ask for at most is set in config.toml."""

from __future__ import annotations

import io
import zipfile

from tests.flow.conftest import ORDERS, Installation


def test_an_archive_that_unpacks_to_too_much_fails_with_a_sentence(installation: Installation) -> None:
    text = installation.config.read_text()
    installation.config.write_text(
        text.replace('pattern = "*.csv"', 'pattern = "*"') + "[limits]\nmembers = 2\n"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.csv", ORDERS)
    installation.drop("many.zip", packed.getvalue())
    installation.drop("good.csv", ORDERS)
    result = installation.once()
    states = {file.name: (file.state, file.reason.code if file.reason else "") for file in result.files}
    assert states["good.csv"] == ("archived", "")
    assert states["many.zip"][0] == "failed"
    assert states["many.zip"][1].startswith("reading.")
