locals {
  hosts = sort(flatten([for service in values(var.services) : tolist(service.hosts)]))
}

resource "google_compute_global_address" "public" {
  name = "${var.environment}-address"
}

resource "google_compute_url_map" "https" {
  name            = "${var.environment}-https"
  default_service = google_compute_backend_service.service[var.default_service].id

  dynamic "host_rule" {
    for_each = var.services
    content {
      hosts        = host_rule.value.hosts
      path_matcher = host_rule.key
    }
  }

  dynamic "path_matcher" {
    for_each = var.services
    content {
      name            = path_matcher.key
      default_service = google_compute_backend_service.service[path_matcher.key].id
    }
  }

  # Google refuses a map that fails its own tests, before it takes effect.
  dynamic "test" {
    for_each = merge([for name, service in var.services : { for host in service.hosts : host => name }]...)
    content {
      host    = test.key
      path    = "/health"
      service = google_compute_backend_service.service[test.value].id
    }
  }

  lifecycle {
    precondition {
      condition     = contains(keys(var.services), var.default_service)
      error_message = "default_service is the short name of one of the services."
    }
  }
}

# A certificate cannot be changed and cannot be deleted while a proxy has it: the name tells its hosts, so that the new
# one is there before the proxy leaves the old one.
resource "google_compute_managed_ssl_certificate" "hosts" {
  name = "${var.environment}-${substr(sha256(join(",", local.hosts)), 0, 8)}"

  managed {
    domains = local.hosts
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_target_https_proxy" "https" {
  name             = "${var.environment}-https"
  url_map          = google_compute_url_map.https.id
  ssl_certificates = [google_compute_managed_ssl_certificate.hosts.id]
}

resource "google_compute_global_forwarding_rule" "https" {
  name                  = "${var.environment}-https"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.public.address
  port_range            = "443"
  target                = google_compute_target_https_proxy.https.id
}

# Whoever comes without TLS is sent to https.
resource "google_compute_url_map" "redirect" {
  name = "${var.environment}-redirect"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }
}

resource "google_compute_target_http_proxy" "redirect" {
  name    = "${var.environment}-redirect"
  url_map = google_compute_url_map.redirect.id
}

resource "google_compute_global_forwarding_rule" "redirect" {
  name                  = "${var.environment}-redirect"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.public.address
  port_range            = "80"
  target                = google_compute_target_http_proxy.redirect.id
}
