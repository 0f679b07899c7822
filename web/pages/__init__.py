"""The pages, a blueprint a module; views only translate between a page and the facade."""
