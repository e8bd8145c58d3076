// What the app may do, and nothing else: the roles of config.json, each on the one thing that it is needed for.
param principalId string
param storageName string
param busNamespace string
param vaultName string
param communicationName string
param insightsName string

var roles = loadJsonContent('../config.json').roles
var onStorage = filter(roles, role => role.on == 'storage')
var onBus = filter(roles, role => role.on == 'bus')
var onVault = filter(roles, role => role.on == 'vault')
var onCommunication = filter(roles, role => role.on == 'communication')
var onInsights = filter(roles, role => role.on == 'insights')

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: busNamespace
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource communication 'Microsoft.Communication/communicationServices@2023-04-01' existing = {
  name: communicationName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource mayStore 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in onStorage: {
    name: guid(storage.id, principalId, role.id)
    scope: storage
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]

resource mayPass 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in onBus: {
    name: guid(bus.id, principalId, role.id)
    scope: bus
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in onVault: {
    name: guid(vault.id, principalId, role.id)
    scope: vault
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]

resource mayWrite 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in onCommunication: {
    name: guid(communication.id, principalId, role.id)
    scope: communication
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]

resource mayReport 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in onInsights: {
    name: guid(insights.id, principalId, role.id)
    scope: insights
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]
