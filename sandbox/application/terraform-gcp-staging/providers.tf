# Credentials come from GOOGLE_APPLICATION_CREDENTIALS (or whatever else the provider finds in its environment).
provider "google" {
  project = var.project_id
  region  = var.region
}
