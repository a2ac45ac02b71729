"""One module for each page: `routes()` names its addresses, its functions answer them."""
