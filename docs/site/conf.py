"""How Sphinx builds the site; `build.py` beside it says from what."""

project = "efficiency-bounds"
copyright = "the efficiency-bounds authors"
html_title = project
extensions = ["myst_parser"]
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 4
html_theme = "furo"
html_static_path = ["assets"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
highlight_language = "text"
# What is typed and printed has straight quotes.
smartquotes = False
