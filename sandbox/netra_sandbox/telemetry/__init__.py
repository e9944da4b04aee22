"""What is known of the running system: log entries, time series, errors, and the language that asks for them."""
