variable "project_id" {
  description = "Project that everything is created in."
  type        = string
}

variable "region" {
  description = "Region of all regional resources. Cloud Run, its connector, Redis and Cloud SQL must share it."
  type        = string
  default     = "us-central1"
}

variable "environment" {
  description = "Name of the environment; the first part of every resource's name."
  type        = string
  default     = "staging"
}

variable "postgres_version" {
  description = "Version of PostgreSQL."
  type        = string
  default     = "POSTGRES_17"
}

variable "database_tier" {
  description = "Machine type of the database."
  type        = string
  default     = "db-g1-small"
}

variable "redis_tier" {
  description = "Service tier of Redis: BASIC, or STANDARD_HA with a replica."
  type        = string
  default     = "BASIC"

  validation {
    condition     = contains(["BASIC", "STANDARD_HA"], var.redis_tier)
    error_message = "The tier of Redis is BASIC or STANDARD_HA."
  }
}

variable "redis_memory_size_gb" {
  description = "Memory of Redis in GiB."
  type        = number
  default     = 1
}

variable "redis_version" {
  description = "Version of Redis."
  type        = string
  default     = "REDIS_7_2"
}

variable "connector_cidr" {
  description = "The connector's own range of addresses in the network, a /28 that nothing else uses."
  type        = string
  default     = "10.1.0.0/28"

  validation {
    condition     = can(cidrhost(var.connector_cidr, 0)) && endswith(var.connector_cidr, "/28")
    error_message = "A connector needs a /28 range."
  }
}
