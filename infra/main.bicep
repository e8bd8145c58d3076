// The whole installation in an empty subscription: `azd up`. What is named in code is named once, in config.json and in the bus's own file.
targetScope = 'subscription'

@description('What the installation is called, for example prod: part of every name.')
@minLength(2)
@maxLength(10)
param environmentName string

@description('Where everything lies.')
param location string

@description('Where e-mail and SMS lie: data at rest stays there.')
param communicationLocation string = 'Norway'

@description('Where the service is reached: https, without a path. Empty for the address of the function app.')
param publicBaseUrl string = ''

@description('Who issues the tokens that are trusted, as JSON; see docs/deploy.md.')
param tokenIssuers string

@description('The base address of Dialogporten.')
param dialogportenBaseUrl string

@description('Maskinporten: the address of tokens, that of the exchange at Altinn, and our client.')
param maskinporten object = { tokenUrl: '', exchangeUrl: '', clientId: '' }

@description('The base address of Altinn Events, when events are published there as well.')
param altinnEventsUrl string = ''

@description('The base addresses of the registers of contact points; empty for the table registry.')
param contactRegisters object = { persons: '', organisations: '' }

@description('The e-mail sender address of a domain that is linked by hand; empty for one that Azure manages.')
param emailSenderAddress string = ''

@description('The sender of SMS: a number, or a name of at most 11 letters and digits.')
param smsSender string

@description('Who hears of alerts.')
param onDutyEmail string

@description('Where the runbooks are read.')
param runbooksUrl string

@description('How many instances always run, by what they do.')
param alwaysReady object = { http: 2, blob: 1, lifecycle: 1 }

@description('The most instances.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 100

@description('How many ranges due work is spread over; may grow, never shrink.')
@minValue(1)
@maxValue(64)
param agendaShards int = 4

@description('Copies in three zones.')
param zoneRedundant bool = true

@description('Nothing is reached over the internet but the API.')
param privateNetwork bool = false

@description('Storage is encrypted with a key of ours.')
param customerManagedKey bool = false

@secure()
@description('32 bytes in base64: seals the secrets of subscriptions.')
param webhookSecretKey string

@secure()
@description('The private key of our client at Maskinporten, as JSON.')
param maskinportenJwk string = ''

@secure()
@description('At least 32 characters: what Event Grid sends with results of scans and with reports.')
param eventGridSecret string

var token = take(uniqueString(subscription().id, environmentName, location), 8)
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-correspondence-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { environmentName: environmentName, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: { environmentName: environmentName, location: location, tags: tags }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: { environmentName: environmentName, location: location, tags: tags }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    privateNetwork: privateNetwork
    customerManagedKey: customerManagedKey
    webhookSecretKey: webhookSecretKey
    maskinportenJwk: maskinportenJwk
    eventGridSecret: eventGridSecret
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    zoneRedundant: zoneRedundant
    privateNetwork: privateNetwork
    identityId: identity.outputs.id
    identityPrincipalId: identity.outputs.principalId
    vaultName: customerManagedKey ? vault.outputs.name : ''
    workspaceId: monitoring.outputs.workspaceId
  }
}

module bus 'modules/bus.bicep' = {
  scope: group
  params: { token: token, location: location, tags: tags, privateNetwork: privateNetwork, workspaceId: monitoring.outputs.workspaceId }
}

module communication 'modules/communication.bicep' = {
  scope: group
  params: { token: token, tags: tags, dataLocation: communicationLocation, managedDomain: empty(emailSenderAddress) }
}

module app 'modules/functionapp.bicep' = {
  scope: group
  params: {
    environmentName: environmentName
    token: token
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    busNamespace: bus.outputs.name
    vaultUri: vault.outputs.uri
    insightsConnection: monitoring.outputs.connection
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    alwaysReady: alwaysReady
    maximumInstances: maximumInstances
    zoneRedundant: zoneRedundant
    settings: {
      PUBLIC_BASE_URL: publicBaseUrl
      TOKEN_ISSUERS: tokenIssuers
      COMMUNICATION_ENDPOINT: communication.outputs.endpoint
      EMAIL_SENDER_ADDRESS: empty(emailSenderAddress) ? communication.outputs.senderAddress : emailSenderAddress
      SMS_SENDER: smsSender
      DIALOGPORTEN_BASE_URL: dialogportenBaseUrl
      MASKINPORTEN_TOKEN_URL: maskinporten.tokenUrl
      MASKINPORTEN_EXCHANGE_URL: maskinporten.exchangeUrl
      MASKINPORTEN_CLIENT_ID: maskinporten.clientId
      ALTINN_EVENTS_URL: altinnEventsUrl
      KRR_BASE_URL: contactRegisters.persons
      PROFILE_BASE_URL: contactRegisters.organisations
      AGENDA_SHARDS: string(agendaShards)
    }
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    principalId: identity.outputs.principalId
    storageName: storage.outputs.name
    busNamespace: bus.outputs.name
    vaultName: vault.outputs.name
    communicationName: communication.outputs.name
    insightsName: monitoring.outputs.insightsName
  }
}

module endpoints 'modules/endpoints.bicep' = if (privateNetwork) {
  scope: group
  params: {
    location: location
    tags: tags
    subnetId: network!.outputs.endpointsSubnetId
    networkId: network!.outputs.id
    storageId: storage.outputs.id
    busId: bus.outputs.id
    vaultId: vault.outputs.id
  }
}

module scanning 'modules/scanning.bicep' = {
  scope: group
  params: { environmentName: environmentName, location: location, tags: tags, storageName: storage.outputs.name }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    environmentName: environmentName
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    busId: bus.outputs.id
    onDutyEmail: onDutyEmail
    runbooksUrl: runbooksUrl
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP string = app.outputs.name
output AZURE_STORAGE_ACCOUNT string = storage.outputs.name
output AZURE_KEY_VAULT string = vault.outputs.name
output AZURE_COMMUNICATION string = communication.outputs.name
output AZURE_SCAN_TOPIC string = scanning.outputs.topicName
output API_URL string = app.outputs.url
