"""Who calls: service accounts, their tokens and the endpoints that hand them out."""
