// What is secret: read by references in settings, and by nobody else.
param token string
param location string
param tags object
param privateNetwork bool
param customerManagedKey bool

@secure()
param webhookSecretKey string

@secure()
param maskinportenJwk string

@secure()
param eventGridSecret string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'kv-corr-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: privateNetwork ? 'Deny' : 'Allow' }
  }
}

resource webhookKey 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'webhook-secret-key'
  properties: { value: webhookSecretKey }
}

resource maskinportenKey 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'maskinporten-jwk'
  properties: { value: empty(maskinportenJwk) ? 'none' : maskinportenJwk }
}

resource eventGrid 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'event-grid-secret'
  properties: { value: eventGridSecret }
}

resource storageKey 'Microsoft.KeyVault/vaults/keys@2023-07-01' = if (customerManagedKey) {
  parent: vault
  name: 'storage'
  properties: {
    kty: 'RSA'
    keySize: 3072
    rotationPolicy: {
      lifetimeActions: [{ action: { type: 'rotate' }, trigger: { timeAfterCreate: 'P1Y' } }]
      attributes: { expiryTime: 'P2Y' }
    }
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
