"""Container images as folders: what a Dockerfile makes of a build context, found again by reference or digest."""
