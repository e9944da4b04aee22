resource "google_sql_database_instance" "postgres" {
  name             = "${var.environment}-postgres"
  region           = var.region
  database_version = var.postgres_version

  # The pipeline stops before it destroys a database (see protected types); staging may be rebuilt by hand.
  deletion_protection = false

  settings {
    tier              = var.database_tier
    availability_type = "ZONAL"
  }
}
