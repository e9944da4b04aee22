"""Compute Engine v1: the parts of a global external Application Load Balancer and what they refer to.

https://cloud.google.com/compute/docs/reference/rest/v1
"""
