"""The statements of the theory as tables of `Formula`, where they would crowd the functions that evaluate them."""
