output "redis_host" {
  description = "Private address of Redis."
  value       = google_redis_instance.cache.host
}

output "redis_port" {
  description = "Port of Redis."
  value       = google_redis_instance.cache.port
}

output "vpc_connector_name" {
  description = "Connector that Cloud Run services use."
  value       = google_vpc_access_connector.connector.name
}

output "vpc_network_name" {
  description = "Network of the private addresses."
  value       = local.network_name
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

output "database_public_ip" {
  description = "Public address of the database."
  value       = google_sql_database_instance.postgres.public_ip_address
}

output "database_url" {
  description = "Where the database is. Sensitive, so that it is not copied into logs and tickets."
  value       = "postgresql://${google_sql_database_instance.postgres.private_ip_address}:5432/netra_staging"
  sensitive   = true
}
