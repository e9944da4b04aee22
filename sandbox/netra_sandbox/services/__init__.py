"""What answers the methods of Google's APIs, a module or package for each API."""
