#!/bin/sh
# After the app is there: Event Grid tells it of stored files, results of scans, and reports of e-mail and SMS.
# Twice is as good as once. Needs the Azure CLI, logged in; azd gives the names.
set -eu

: "${AZURE_RESOURCE_GROUP:?run it by azd, or set the outputs of infra/main.bicep}"
: "${AZURE_FUNCTION_APP:?}" "${AZURE_STORAGE_ACCOUNT:?}" "${AZURE_COMMUNICATION:?}" "${AZURE_SCAN_TOPIC:?}" "${AZURE_KEY_VAULT:?}" "${API_URL:?}"

resource() { az resource show --resource-group "$AZURE_RESOURCE_GROUP" --name "$1" --resource-type "$2" --query id --output tsv; }

# The one key that is left: the blob webhook's own. It is not kept anywhere by us.
key=$(az functionapp keys list --resource-group "$AZURE_RESOURCE_GROUP" --name "$AZURE_FUNCTION_APP" --query systemKeys.blobs_extension --output tsv)
secret=$(az keyvault secret show --vault-name "$AZURE_KEY_VAULT" --name event-grid-secret --query value --output tsv)
storage=$(resource "$AZURE_STORAGE_ACCOUNT" Microsoft.Storage/storageAccounts)

# Only the container of files, and only whole blobs: the trigger itself does not filter.
az eventgrid event-subscription create --name stored-files --source-resource-id "$storage" \
  --endpoint-type webhook --endpoint "$API_URL/runtime/webhooks/blobs?functionName=Host.Functions.scan_attachment&code=$key" \
  --included-event-types Microsoft.Storage.BlobCreated --subject-begins-with /blobServices/default/containers/attachments/ \
  --max-delivery-attempts 30 --event-ttl 1440 --output none

subscribe() { # name, source, path, types
  name=$1 source=$2 path=$3
  shift 3
  az eventgrid event-subscription create --name "$name" --source-resource-id "$source" \
    --endpoint-type webhook --endpoint "$API_URL/correspondence/api/v1/webhooks/$path" \
    --delivery-attribute-mapping X-Webhook-Secret static "$secret" true \
    --included-event-types "$@" --max-delivery-attempts 30 --event-ttl 1440 --output none
}

subscribe scan-results "$(resource "$AZURE_SCAN_TOPIC" Microsoft.EventGrid/topics)" malwarescanresults \
  Microsoft.Security.MalwareScanningResult
subscribe notification-reports "$(resource "$AZURE_COMMUNICATION" Microsoft.Communication/communicationServices)" notificationreports \
  Microsoft.Communication.EmailDeliveryReportReceived Microsoft.Communication.SMSDeliveryReportReceived

echo "Event Grid tells $API_URL of stored files, results of scans, and reports of e-mail and SMS."
