"""The commands of `netra-sandbox`, a module for each group."""
