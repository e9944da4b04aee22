"""The registry that docker, podman and buildah push to: the OCI distribution protocol at REGION-docker.pkg.dev."""
