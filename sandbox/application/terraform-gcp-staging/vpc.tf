locals {
  network_name = "${var.environment}-vpc"
  network_id   = "projects/${var.project_id}/global/networks/${local.network_name}"
}

# The way from Cloud Run to the private addresses of Redis and Cloud SQL.
resource "google_vpc_access_connector" "connector" {
  name          = "${var.environment}-connector"
  region        = var.region
  network       = local.network_name
  ip_cidr_range = var.connector_cidr
  machine_type  = "e2-micro"
  min_instances = 2
  max_instances = 10
}
