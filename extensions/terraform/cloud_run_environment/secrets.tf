locals {
  secrets = toset(flatten([for service in values(var.services) : tolist(service.secrets)]))

  # One binding for each account and secret, also where two services share an account.
  accessors = merge([
    for service in values(var.services) : {
      for secret in service.secrets :
      "${secret} ${service.service_account}" => { secret = secret, account = service.service_account }
    }
  ]...)
}

# The secrets alone: a google_secret_manager_secret_version would write its payload into the state.
resource "google_secret_manager_secret" "secret" {
  for_each = local.secrets

  secret_id = each.value
  labels    = var.labels

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_iam_member" "accessor" {
  for_each = local.accessors

  secret_id = google_secret_manager_secret.secret[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${each.value.account}"
}
