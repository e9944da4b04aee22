"""The one port of a sandbox: a proxy that ends TLS itself and lets nothing out of the machine."""
