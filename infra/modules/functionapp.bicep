// The app on Flex Consumption. Every setting that the code reads is here, or left at its default on purpose.
param environmentName string
param token string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string
param busNamespace string
param vaultUri string
param insightsConnection string
param subnetId string
param alwaysReady object
param maximumInstances int
param zoneRedundant bool

@description('What only the parameters know.')
param settings object

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-correspondence-${environmentName}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

var appName = 'func-correspondence-${token}'
var ours = {
  ENVIRONMENT: 'production'
  STORAGE_CONNECTION__blobServiceUri: storage.properties.primaryEndpoints.blob
  STORAGE_CONNECTION__queueServiceUri: storage.properties.primaryEndpoints.queue
  STORAGE_CONNECTION__tableServiceUri: storage.properties.primaryEndpoints.table
  STORAGE_CONNECTION__credential: 'managedidentity'
  STORAGE_CONNECTION__clientId: identityClientId
  SERVICEBUS_CONNECTION__fullyQualifiedNamespace: '${busNamespace}.servicebus.windows.net'
  SERVICEBUS_CONNECTION__credential: 'managedidentity'
  SERVICEBUS_CONNECTION__clientId: identityClientId
  MASKINPORTEN_JWK: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/maskinporten-jwk)'
  WEBHOOK_SECRET_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/webhook-secret-key)'
  SCAN_RESULTS_SECRET: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/event-grid-secret)'
  NOTIFICATION_REPORTS_SECRET: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/event-grid-secret)'
  MALWARE_SCANNER: 'defender'
  REMINDER_DELAY: 'P7D'
  SMS_HOURS: '9-17'
  AGENDA_SCHEDULE: '*/10 * * * * *'
  DEAD_LETTERS_SCHEDULE: '0 * * * * *'
  MAX_REQUEST_BYTES: '104857600'
}
var platform = {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  AZURE_CLIENT_ID: identityClientId
  PYTHON_ENABLE_INIT_INDEXING: '1'
  MALLOC_ARENA_MAX: '2'
  MALLOC_MMAP_THRESHOLD_: '262144'
}
var known = empty(settings.PUBLIC_BASE_URL) ? union(settings, { PUBLIC_BASE_URL: 'https://${appName}.azurewebsites.net' }) : settings
var all = union(platform, ours, known)

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: appName
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
      appSettings: [for setting in items(all): { name: setting.key, value: setting.value }]
    }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}deployments'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: maximumInstances
        alwaysReady: [
          { name: 'http', instanceCount: alwaysReady.http }
          { name: 'blob', instanceCount: alwaysReady.blob }
          { name: 'function:lifecycle_consumer', instanceCount: alwaysReady.lifecycle }
        ]
        triggers: { http: { perInstanceConcurrency: 16 } }
      }
    }
  }

  resource noPasswords 'basicPublishingCredentialsPolicies' = [
    for way in ['scm', 'ftp']: {
      name: way
      properties: { allow: false }
    }
  ]
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
