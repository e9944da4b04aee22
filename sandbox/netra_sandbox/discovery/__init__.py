"""Google's discovery documents as the router and the judge of requests and answers."""
