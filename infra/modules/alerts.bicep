// Who is woken, by what, and where it says what to do then.
param environmentName string
param location string
param tags object
param workspaceId string
param busId string
param onDutyEmail string
param runbooksUrl string

resource onDuty 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-correspondence-${environmentName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'onduty'
    enabled: true
    emailReceivers: [{ name: 'on duty', emailAddress: onDutyEmail, useCommonAlertSchema: true }]
  }
}

var onTheBus = [
  { name: 'backlog', title: 'Messages pile up on the bus', metric: 'ActiveMessages', over: 10000, minutes: 15, severity: 2, runbook: 'backlog' }
  { name: 'dead-letters', title: 'Messages could not be handled', metric: 'DeadletteredMessages', over: 0, minutes: 5, severity: 2, runbook: 'dead-letters' }
]

var inTheLog = [
  {
    name: 'late-messages'
    title: 'Messages wait more than five minutes'
    query: 'AppTraces | where Message startswith "message.late " | extend seconds = toint(parse_json(substring(Message, 13)).seconds) | where seconds > 300'
    over: 5
    minutes: 15
    severity: 2
    runbook: 'backlog'
  }
  {
    name: 'late-work'
    title: 'Reminders and publications are late'
    query: 'AppTraces | where Message startswith "agenda.swept " | extend late = toint(parse_json(substring(Message, 13)).late_seconds) | where late > 600'
    over: 0
    minutes: 15
    severity: 1
    runbook: 'late-work'
  }
  {
    name: 'stuck-scans'
    title: 'Files wait for the scanner'
    query: 'AppTraces | where Message startswith "stuck.noted " | where Message has "\\"scan\\""'
    over: 0
    minutes: 15
    severity: 1
    runbook: 'scanner-down'
  }
  {
    name: 'failed-deliveries'
    title: 'Subscribers are not reached'
    query: 'AppTraces | where Message startswith "subscription.ended "'
    over: 0
    minutes: 60
    severity: 3
    runbook: 'failed-deliveries'
  }
  {
    name: 'throttled-notices'
    title: 'E-mail or SMS is held back'
    query: 'AppTraces | where Message startswith "work.retried_later " | where Message has "\\"neighbour\\":\\"email\\"" or Message has "\\"neighbour\\":\\"sms\\""'
    over: 100
    minutes: 60
    severity: 3
    runbook: 'throttled-mail'
  }
  {
    name: 'dialogporten-down'
    title: 'Dialogporten does not answer'
    query: 'AppTraces | where Message startswith "work.retried_later " | where Message has "\\"neighbour\\":\\"dialogporten\\""'
    over: 50
    minutes: 30
    severity: 2
    runbook: 'dialogporten-down'
  }
  {
    name: 'token-keys'
    title: 'Keys of a token issuer cannot be fetched'
    query: 'AppTraces | where Message startswith "tokens.keys_not_fetched " or Message startswith "maskinporten.refused "'
    over: 5
    minutes: 15
    severity: 1
    runbook: 'key-rotation'
  }
  {
    name: 'bytes-replaced'
    title: 'Stored bytes were replaced behind our back'
    query: 'AppTraces | where Message startswith "attachment.replaced "'
    over: 0
    minutes: 5
    severity: 0
    runbook: 'replaced-bytes'
  }
  {
    name: 'create-p95'
    title: 'Handing in a message is slow'
    query: 'AppRequests | where Name == "initialise_correspondences" | summarize p95 = percentile(DurationMs, 95), n = count() by bin(TimeGenerated, 5m) | where n > 20 and p95 > 2000'
    over: 1
    minutes: 15
    severity: 2
    runbook: 'slow-requests'
  }
  {
    name: 'failing-requests'
    title: 'Requests end in a fault of ours'
    query: 'AppTraces | where Message startswith "http.failed " or Message startswith "function.failed "'
    over: 5
    minutes: 15
    severity: 1
    runbook: 'failing-requests'
  }
]

resource onMetrics 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in onTheBus: {
    name: 'correspondence-${environmentName}-${alert.name}'
    location: 'global'
    tags: tags
    properties: {
      description: '${alert.title}. What to do: ${runbooksUrl}/${alert.runbook}.md'
      severity: alert.severity
      enabled: true
      scopes: [busId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT${alert.minutes}M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.name
            metricName: alert.metric
            operator: 'GreaterThan'
            threshold: alert.over
            timeAggregation: 'Maximum'
            dimensions: [{ name: 'EntityName', operator: 'Include', values: ['*'] }]
          }
        ]
      }
      actions: [{ actionGroupId: onDuty.id }]
    }
  }
]

resource onLogs 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in inTheLog: {
    name: 'correspondence-${environmentName}-${alert.name}'
    location: location
    tags: tags
    properties: {
      displayName: alert.title
      description: '${alert.title}. What to do: ${runbooksUrl}/${alert.runbook}.md'
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT${alert.minutes}M'
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: alert.over
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [onDuty.id] }
    }
  }
]
