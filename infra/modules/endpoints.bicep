// Storage, bus and vault by addresses of our own network, under their usual names.
param location string
param tags object
param subnetId string
param networkId string
param storageId string
param busId string
param vaultId string

var wanted = [
  { group: 'blob', id: storageId, zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { group: 'queue', id: storageId, zone: 'privatelink.queue.${environment().suffixes.storage}' }
  { group: 'table', id: storageId, zone: 'privatelink.table.${environment().suffixes.storage}' }
  { group: 'namespace', id: busId, zone: 'privatelink.servicebus.windows.net' }
  { group: 'vault', id: vaultId, zone: 'privatelink.vaultcore.azure.net' }
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for one in wanted: {
    name: one.zone
    location: 'global'
    tags: tags
  }
]

resource linked 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (one, place) in wanted: {
    parent: zones[place]
    name: 'correspondence'
    location: 'global'
    properties: { registrationEnabled: false, virtualNetwork: { id: networkId } }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for one in wanted: {
    name: 'pe-correspondence-${one.group}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        { name: one.group, properties: { privateLinkServiceId: one.id, groupIds: [one.group] } }
      ]
    }
  }
]

resource named 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (one, place) in wanted: {
    parent: endpoints[place]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: one.group, properties: { privateDnsZoneId: zones[place].id } }]
    }
  }
]
