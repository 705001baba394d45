"""The store's side of folders on other machines: what was fetched from them and sent to them."""
