"""Everything people see that is not code: templates, styles, scripts, catalogues."""
