"""What a known content means when it comes again, through the whole program."""

from __future__ import annotations

import pytest

from tests.flow.conftest import Installation

PRICES = b'Order No,Total,State\n1,12.50,"open"\n'
PROMOTION = b'Order No,Total,State\n1,9.90,"open"\n'


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("quote", [True, False])
def test_prices_a_promotion_and_the_prices_again_end_with_the_prices(
    installation: Installation, together: bool, quote: bool
) -> None:
    """Also when the promotion and the prices wait together: the last word counts, not what was there before."""
    prices, promotion = (c if quote else c.replace(b'"', b"") for c in (PRICES, PROMOTION))
    installation.drop("a.csv", prices)
    installation.once()
    for name, content in (("b.csv", promotion), ("c.csv", prices), ("d.csv", prices)):
        installation.drop(name, content)
        if not together:
            installation.once()
    installation.once()
    states = [row[0] for row in installation.sql("SELECT state FROM pipeline_file ORDER BY name")]
    assert states == ["archived", "archived", "archived", "duplicate"]
    assert installation.sql("SELECT gross_amount FROM show_sales_order") == [("12.500000",)]
