"""The doctor: looks at machine, files, database and devices, and says what is wrong, why it matters, what to do."""
