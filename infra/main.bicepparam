using 'main.bicep'

// azd gives the first two; the others are set once by `azd env set NAME value`.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION', 'norwayeast')
param publicBaseUrl = readEnvironmentVariable('PUBLIC_BASE_URL', '')
param tokenIssuers = readEnvironmentVariable('TOKEN_ISSUERS')
param dialogportenBaseUrl = readEnvironmentVariable('DIALOGPORTEN_BASE_URL')
param maskinporten = {
  tokenUrl: readEnvironmentVariable('MASKINPORTEN_TOKEN_URL', '')
  exchangeUrl: readEnvironmentVariable('MASKINPORTEN_EXCHANGE_URL', '')
  clientId: readEnvironmentVariable('MASKINPORTEN_CLIENT_ID', '')
}
param altinnEventsUrl = readEnvironmentVariable('ALTINN_EVENTS_URL', '')
param contactRegisters = {
  persons: readEnvironmentVariable('KRR_BASE_URL', '')
  organisations: readEnvironmentVariable('PROFILE_BASE_URL', '')
}
param emailSenderAddress = readEnvironmentVariable('EMAIL_SENDER_ADDRESS', '')
param smsSender = readEnvironmentVariable('SMS_SENDER')
param onDutyEmail = readEnvironmentVariable('ON_DUTY_EMAIL')
param runbooksUrl = readEnvironmentVariable('RUNBOOKS_URL')
param webhookSecretKey = readEnvironmentVariable('WEBHOOK_SECRET_KEY')
param maskinportenJwk = readEnvironmentVariable('MASKINPORTEN_JWK', '')
param eventGridSecret = readEnvironmentVariable('EVENT_GRID_SECRET')
