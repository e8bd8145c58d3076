using 'main.bicep'

// For trying it out: one zone, nothing always ready.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'test')
param location = readEnvironmentVariable('AZURE_LOCATION', 'norwayeast')
param tokenIssuers = readEnvironmentVariable('TOKEN_ISSUERS')
param dialogportenBaseUrl = readEnvironmentVariable('DIALOGPORTEN_BASE_URL')
param smsSender = readEnvironmentVariable('SMS_SENDER')
param onDutyEmail = readEnvironmentVariable('ON_DUTY_EMAIL')
param runbooksUrl = readEnvironmentVariable('RUNBOOKS_URL')
param webhookSecretKey = readEnvironmentVariable('WEBHOOK_SECRET_KEY')
param eventGridSecret = readEnvironmentVariable('EVENT_GRID_SECRET')
param zoneRedundant = false
param alwaysReady = { http: 0, blob: 0, lifecycle: 0 }
param maximumInstances = 40
param agendaShards = 1
