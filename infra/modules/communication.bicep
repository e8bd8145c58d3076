// E-mail and SMS. A domain of one's own is verified by hand: its records have to be put into the name server.
param token string
param tags object
param dataLocation string
param managedDomain bool

resource email 'Microsoft.Communication/emailServices@2023-04-01' = {
  name: 'email-correspondence-${token}'
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation }
}

resource domain 'Microsoft.Communication/emailServices/domains@2023-04-01' = if (managedDomain) {
  parent: email
  name: 'AzureManagedDomain'
  location: 'global'
  properties: { domainManagement: 'AzureManaged', userEngagementTracking: 'Disabled' }
}

resource service 'Microsoft.Communication/communicationServices@2023-04-01' = {
  name: 'acs-correspondence-${token}'
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation, linkedDomains: managedDomain ? [domain.id] : [] }
}

output name string = service.name
output endpoint string = 'https://${service.properties.hostName}'
output senderAddress string = managedDomain ? 'DoNotReply@${domain!.properties.mailFromSenderDomain}' : ''
