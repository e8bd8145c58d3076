"""An app whose import fails."""

import a_package_that_is_not_there  # type: ignore[import-not-found]

app = a_package_that_is_not_there.app
