locals {
  network_id = "projects/${var.project_id}/global/networks/${var.network}"
}

# The way from Cloud Run to the private addresses of Redis and Cloud SQL.
resource "google_vpc_access_connector" "connector" {
  name          = "${var.environment}-connector"
  region        = var.region
  network       = var.network
  ip_cidr_range = var.connector_cidr
  machine_type  = var.connector_machine_type
  min_instances = var.connector_instances.min
  max_instances = var.connector_instances.max
}
