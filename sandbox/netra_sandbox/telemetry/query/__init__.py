"""The filter language of Cloud Logging and Cloud Monitoring: words, grammar, and what an entry must be to match."""
