"""What holds the numbers of pages: in each module ``CHECKS``, pages with their checks (see `tests.page_numbers`)."""
