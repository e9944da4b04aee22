# Without AUTH: the provider would write the password into the state. Only the network of the connector reaches Redis.
resource "google_redis_instance" "cache" {
  name               = "${var.environment}-redis"
  region             = var.region
  tier               = var.redis_tier
  memory_size_gb     = var.redis_memory_size_gb
  redis_version      = var.redis_version
  authorized_network = local.network_id
  labels             = var.labels
}
