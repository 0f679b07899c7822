"""The panel: pages over one facade, and the live event stream beside them."""
