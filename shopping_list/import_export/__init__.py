"""Export and import lists: a module for each format, a plan, and the importer."""
