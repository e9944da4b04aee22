terraform {
  required_version = ">= 1.5.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.40"
    }
  }
}

# Credentials come from GOOGLE_APPLICATION_CREDENTIALS, or from what else the provider finds in its environment.
provider "google" {
  project = var.project_id
  region  = var.region
}
