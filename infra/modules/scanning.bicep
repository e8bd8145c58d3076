// Microsoft Defender scans what is written to the account, and tells of it on a topic of our own.
param environmentName string
param location string
param tags object
param storageName string

@description('GB a month, after which nothing is scanned, and so nothing published. -1 for no limit.')
param capGigabytesPerMonth int = -1

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: 'evgt-correspondence-scans-${environmentName}'
  location: location
  tags: tags
  properties: { inputSchema: 'EventGridSchema', disableLocalAuth: true, minimumTlsVersionAllowed: '1.2' }
}

resource defender 'Microsoft.Security/defenderForStorageSettings@2022-12-01-preview' = {
  scope: storage
  name: 'current'
  properties: {
    isEnabled: true
    overrideSubscriptionLevelSettings: true
    malwareScanning: {
      onUpload: { isEnabled: true, capGBPerMonth: capGigabytesPerMonth }
      scanResultsEventGridTopicResourceId: topic.id
    }
    sensitiveDataDiscovery: { isEnabled: false }
  }
}

resource stored 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'evgst-correspondence-stored-${environmentName}'
  location: location
  tags: tags
  properties: { source: storage.id, topicType: 'Microsoft.Storage.StorageAccounts' }
}

output topicName string = topic.name
output storedTopicName string = stored.name
