resource "google_sql_database_instance" "postgres" {
  name                = "${var.environment}-postgres"
  region              = var.region
  database_version    = var.postgres_version
  deletion_protection = var.database_deletion_protection

  settings {
    # Said, because from PostgreSQL 16 on Google's default is ENTERPRISE_PLUS, which refuses the db-* tiers.
    edition           = var.database_edition
    tier              = var.database_tier
    availability_type = var.database_availability_type
    user_labels       = var.labels

    ip_configuration {
      ipv4_enabled    = false
      private_network = local.network_id
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
    }
  }
}

# Users are not here: their passwords would be in the state.
resource "google_sql_database" "database" {
  name     = var.database_name
  instance = google_sql_database_instance.postgres.name
}
