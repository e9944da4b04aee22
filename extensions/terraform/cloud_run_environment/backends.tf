# A group leads to one Cloud Run service and cannot be changed, so the name tells where to: the new group is there
# before the backend service leaves the old one.
resource "google_compute_region_network_endpoint_group" "service" {
  for_each = var.services

  name                  = "${var.environment}-${each.key}-${substr(sha256("${var.region}/${each.value.cloud_run_service}"), 0, 8)}"
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = each.value.cloud_run_service
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Google refuses timeout_sec, port_name and health_checks in front of a serverless group. How long a request or a
# WebSocket may last is the time-out of the Cloud Run service, 3600 s at most; whether a client returns to the same
# instance is the service's session affinity.
resource "google_compute_backend_service" "service" {
  for_each = var.services

  name                  = "${var.environment}-${each.key}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"

  backend {
    group = google_compute_region_network_endpoint_group.service[each.key].id
  }

  log_config {
    enable = true
  }
}
