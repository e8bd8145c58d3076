"""The API's own description in OpenAPI, and the page that shows it. Made when first asked for, never at import."""
