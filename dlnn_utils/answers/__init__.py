"""The answer to data of a reader's own: the law, a forecast, how far back, and its limits."""
