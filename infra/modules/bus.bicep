// The bus, with the entities and rules that the local broker has: one file says them for both.
param token string
param location string
param tags object
param privateNetwork bool
param workspaceId string

var entities = loadJsonContent('../../local/servicebus.json').UserConfig.Namespaces[0]
var topics = entities.Topics
var subscriptions = flatten([
  for topic in topics: map(topic.Subscriptions, subscription => { topic: topic.Name, subscription: subscription })
])
var selecting = filter(subscriptions, one => contains(one.subscription, 'Rules'))
// The emulator's messages live an hour at most; here they outlive a long weekend.
var timeToLive = 'P14D'

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-correspondence-${token}'
  location: location
  tags: tags
  sku: { name: privateNetwork ? 'Premium' : 'Standard', tier: privateNetwork ? 'Premium' : 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
  }
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in entities.Queues: {
    parent: namespace
    name: queue.Name
    properties: {
      lockDuration: queue.Properties.LockDuration
      maxDeliveryCount: queue.Properties.MaxDeliveryCount
      deadLetteringOnMessageExpiration: queue.Properties.DeadLetteringOnMessageExpiration
      defaultMessageTimeToLive: timeToLive
    }
  }
]

resource topicsOfFacts 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = [
  for topic in topics: {
    parent: namespace
    name: topic.Name
    properties: { defaultMessageTimeToLive: timeToLive }
  }
]

resource subscribed 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [
  for one in subscriptions: {
    name: '${namespace.name}/${one.topic}/${one.subscription.Name}'
    properties: {
      lockDuration: one.subscription.Properties.LockDuration
      maxDeliveryCount: one.subscription.Properties.MaxDeliveryCount
      deadLetteringOnMessageExpiration: one.subscription.Properties.DeadLetteringOnMessageExpiration
      defaultMessageTimeToLive: timeToLive
    }
    dependsOn: [topicsOfFacts]
  }
]

// A rule of the name $Default takes the place of the one that lets everything in.
resource rules 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [
  for one in selecting: {
    name: '${namespace.name}/${one.topic}/${one.subscription.Name}/$Default'
    properties: {
      filterType: 'SqlFilter'
      sqlFilter: { sqlExpression: one.subscription.Rules[0].Properties.SqlFilter.SqlExpression }
    }
    dependsOn: [subscribed]
  }
]

resource watched 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, metrics: [{ category: 'AllMetrics', enabled: true }] }
}

output id string = namespace.id
output name string = namespace.name
