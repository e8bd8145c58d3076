// Everything that is kept: files in containers, the rest in tables. Reached by identity only.
param token string
param location string
param tags object
param zoneRedundant bool
param privateNetwork bool
param identityId string
param identityPrincipalId string

@description('The vault with the key that storage is encrypted with; empty for a key of the platform.')
param vaultName string
param workspaceId string

var config = loadJsonContent('../config.json')
var encrypted = !empty(vaultName)
var cryptoUserRole = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = if (encrypted) {
  name: empty(vaultName) ? 'none' : vaultName
}

resource mayUseKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (encrypted) {
  name: guid(resourceGroup().id, vaultName, cryptoUserRole)
  scope: vault
  properties: {
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', cryptoUserRole)
  }
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'stcorr${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: privateNetwork ? 'Deny' : 'Allow' }
    encryption: union(
      {
        requireInfrastructureEncryption: true
        keySource: encrypted ? 'Microsoft.Keyvault' : 'Microsoft.Storage'
        services: {
          blob: { enabled: true, keyType: 'Account' }
          table: { enabled: true, keyType: 'Account' }
          queue: { enabled: true, keyType: 'Account' }
        }
      },
      encrypted
        ? {
            identity: { userAssignedIdentity: identityId }
            keyvaultproperties: { keyvaulturi: vault!.properties.vaultUri, keyname: 'storage' }
          }
        : {}
    )
  }
  dependsOn: [mayUseKey]
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    // What is deleted by mistake comes back for a week; what is purged on purpose is gone after it, as the privacy notice says.
    deleteRetentionPolicy: { enabled: true, days: 7, allowPermanentDelete: false }
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
    isVersioningEnabled: true
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in config.containers: {
    parent: blobs
    name: container.name
    properties: union(
      { publicAccess: 'None' },
      container.name == 'audit' ? { immutableStorageWithVersioning: { enabled: true } } : {}
    )
  }
]

resource neverChanged 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2024-01-01' = {
  name: '${account.name}/default/audit/default'
  properties: { immutabilityPeriodSinceCreationInDays: 3650, allowProtectedAppendWrites: true }
  dependsOn: [containers]
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'versions-go-after-a-week'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['attachments/', 'responses/'] }
            actions: { version: { delete: { daysAfterCreationGreaterThan: 7 } } }
          }
        }
        {
          name: 'old-files-are-kept-cheaper'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['attachments/'] }
            actions: { baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 90 } } }
          }
        }
      ]
    }
  }
  dependsOn: [blobs]
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' = [
  for table in config.tables: {
    parent: tableService
    name: table
  }
]

resource watched 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageWrite', enabled: true }, { category: 'StorageDelete', enabled: true }]
  }
}

output id string = account.id
output name string = account.name
