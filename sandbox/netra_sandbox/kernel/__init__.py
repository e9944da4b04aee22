"""What every API of the sandbox is made of: calls, errors, resources, operations."""
