variable "project_id" {
  description = "Project that everything is created in."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region of all regional resources. Cloud Run, its connector, Redis and Cloud SQL must share it."
  type        = string
  default     = "us-central1"
  nullable    = false
}

variable "environment" {
  description = "Name of the environment; the first part of every resource's name."
  type        = string
  nullable    = false

  validation {
    # A connector's name has at most 25 characters, and "-connector" is ten of them.
    condition     = can(regex("^[a-z](?:[-a-z0-9]{0,13}[a-z0-9])?$", var.environment))
    error_message = "An environment's name has at most 15 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "labels" {
  description = "Labels of Redis, Cloud SQL and the secrets."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "services" {
  description = <<-EOT
    The Cloud Run services behind the load balancer, by a short name. `secrets` are names of secrets that the service's
    account may read; several services may share one. Payloads are given elsewhere, never here.
  EOT
  type = map(object({
    cloud_run_service = string
    hosts             = set(string)
    service_account   = string
    secrets           = optional(set(string), [])
  }))
  nullable = false

  validation {
    condition     = length(var.services) > 0
    error_message = "A load balancer needs at least one service."
  }

  validation {
    condition     = alltrue([for name in keys(var.services) : can(regex("^[a-z](?:[-a-z0-9]{0,18}[a-z0-9])?$", name))])
    error_message = "A service's short name has at most 20 lower-case letters, digits and hyphens, and begins with a letter."
  }

  validation {
    condition     = alltrue([for service in values(var.services) : length(service.hosts) > 0])
    error_message = "Each service needs at least one host: without one no request reaches it."
  }

  validation {
    # https://cloud.google.com/load-balancing/docs/ssl-certificates/google-managed-certs: no wildcards, 63 characters.
    condition = alltrue(flatten([
      for service in values(var.services) : [
        for host in service.hosts :
        length(host) <= 63 && can(regex("^(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\\.)+[a-z][-a-z0-9]*[a-z0-9]$", host))
      ]
    ]))
    error_message = "Hosts are lower-case names of at most 63 characters without a wildcard: a managed certificate has none."
  }

  validation {
    condition = length(flatten([for service in values(var.services) : tolist(service.hosts)])) == length(
      toset(flatten([for service in values(var.services) : tolist(service.hosts)]))
    )
    error_message = "A host leads to one service."
  }

  validation {
    condition     = length(flatten([for service in values(var.services) : tolist(service.hosts)])) <= 100
    error_message = "A managed certificate has at most 100 hosts."
  }

  validation {
    condition = alltrue([
      for service in values(var.services) : can(regex("^[^@: ]+@[^@: ]+$", service.service_account))
    ])
    error_message = "A service account is its e-mail address, without \"serviceAccount:\" before it."
  }

  validation {
    condition = alltrue(flatten([
      for service in values(var.services) : [for secret in service.secrets : can(regex("^[A-Za-z0-9_-]{1,255}$", secret))]
    ]))
    error_message = "A secret is its short name: letters, digits, hyphens and underscores."
  }
}

variable "default_service" {
  description = "Short name of the service that answers for hosts that no service names."
  type        = string
  nullable    = false
}

variable "network" {
  description = "Name of the VPC network. It has a private service connection, through which Cloud SQL gets its address."
  type        = string
  nullable    = false

  validation {
    condition     = !strcontains(var.network, "/")
    error_message = "The network is given by its name."
  }
}

variable "connector_cidr" {
  description = "The connector's own range of addresses in the network, a /28 that nothing else uses."
  type        = string
  default     = "10.1.0.0/28"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.connector_cidr, 0)) && endswith(var.connector_cidr, "/28")
    error_message = "A connector needs a /28 range."
  }
}

variable "connector_machine_type" {
  description = "Machine type of the connector's instances."
  type        = string
  default     = "e2-micro"
  nullable    = false

  validation {
    condition     = contains(["f1-micro", "e2-micro", "e2-standard-4"], var.connector_machine_type)
    error_message = "A connector runs on f1-micro, e2-micro or e2-standard-4."
  }
}

variable "connector_instances" {
  description = "Fewest and most instances of the connector."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 10 }
  nullable    = false

  validation {
    condition = (
      2 <= var.connector_instances.min && var.connector_instances.min < var.connector_instances.max
      && var.connector_instances.max <= 10
    )
    error_message = "A connector has 2 to 10 instances, and its most are more than its fewest."
  }
}

variable "redis_tier" {
  description = "Service tier of Redis: BASIC, or STANDARD_HA with a replica."
  type        = string
  default     = "BASIC"
  nullable    = false

  validation {
    condition     = contains(["BASIC", "STANDARD_HA"], var.redis_tier)
    error_message = "The tier of Redis is BASIC or STANDARD_HA."
  }
}

variable "redis_memory_size_gb" {
  description = "Memory of Redis in GiB."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.redis_memory_size_gb == floor(var.redis_memory_size_gb) && var.redis_memory_size_gb >= 1 && var.redis_memory_size_gb <= 300
    error_message = "Redis has 1 to 300 GiB."
  }
}

variable "redis_version" {
  description = "Version of Redis."
  type        = string
  default     = "REDIS_7_2"
  nullable    = false
}

variable "postgres_version" {
  description = "Version of PostgreSQL."
  type        = string
  default     = "POSTGRES_17"
  nullable    = false

  validation {
    condition     = startswith(var.postgres_version, "POSTGRES_")
    error_message = "The version is one of PostgreSQL, such as POSTGRES_17."
  }
}

variable "database_edition" {
  description = "Edition of Cloud SQL. ENTERPRISE has the db-* tiers, ENTERPRISE_PLUS the db-perf-optimized-N-* ones."
  type        = string
  default     = "ENTERPRISE"
  nullable    = false

  validation {
    condition     = contains(["ENTERPRISE", "ENTERPRISE_PLUS"], var.database_edition)
    error_message = "The edition is ENTERPRISE or ENTERPRISE_PLUS."
  }
}

variable "database_tier" {
  description = "Machine type of the database."
  type        = string
  default     = "db-g1-small"
  nullable    = false
}

variable "database_availability_type" {
  description = "ZONAL, or REGIONAL with a standby in another zone."
  type        = string
  default     = "ZONAL"
  nullable    = false

  validation {
    condition     = contains(["ZONAL", "REGIONAL"], var.database_availability_type)
    error_message = "The availability is ZONAL or REGIONAL."
  }
}

variable "database_deletion_protection" {
  description = "Whether Terraform refuses to destroy the database instance."
  type        = bool
  default     = true
  nullable    = false
}

variable "database_name" {
  description = "Database in the instance."
  type        = string
  nullable    = false
}
