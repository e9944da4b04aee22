output "redis_host" {
  description = "Private address of Redis."
  value       = google_redis_instance.cache.host
}

output "redis_port" {
  description = "Port of Redis."
  value       = google_redis_instance.cache.port
}

output "redis_url" {
  description = "Where Redis is. Sensitive, so that it is not copied into logs and tickets."
  value       = "redis://${google_redis_instance.cache.host}:${google_redis_instance.cache.port}"
  sensitive   = true
}

output "vpc_connector_name" {
  description = "Connector that Cloud Run services use."
  value       = google_vpc_access_connector.connector.name
}

output "vpc_network_name" {
  description = "Network of the private addresses."
  value       = var.network
}

output "database_instance_name" {
  description = "Cloud SQL instance."
  value       = google_sql_database_instance.postgres.name
}

output "database_connection_name" {
  description = "Name by which the Cloud SQL connectors find the instance."
  value       = google_sql_database_instance.postgres.connection_name
}

output "database_private_ip" {
  description = "Address of the database inside the network."
  value       = google_sql_database_instance.postgres.private_ip_address
}

output "database_url" {
  description = "Where the database is, without a user. Sensitive, so that it is not copied into logs and tickets."
  value       = "postgresql://${google_sql_database_instance.postgres.private_ip_address}:5432/${google_sql_database.database.name}"
  sensitive   = true
}

output "load_balancer_address" {
  description = "Public address; DNS leads each host to it, and only then Google signs the certificate."
  value       = google_compute_global_address.public.address
}

output "hosts" {
  description = "Hosts that the certificate covers."
  value       = local.hosts
}

output "backend_services" {
  description = "Backend services by the short names of the services."
  value       = { for name, service in google_compute_backend_service.service : name => service.name }
}

output "secrets" {
  description = "Secrets that wait for a version; no payload is known here."
  value       = sort(keys(google_secret_manager_secret.secret))
}
