"""Who may do what in which state, in words of the wire contract: one table for each kind of operation.

A column is a caller, a row the answer to each of them and, at its end, the states that are answered so. An answer is
the status, with the number of the refusal or the answer to a yes-or-no question after a stroke. `none` has no token,
`other` every scope of a sender and a recipient but no rights, `both` one token with both scopes and both rights.
Source: wire contract 1, 4.1.2, 4.2, 6.2 to 6.4, 8.5; and what differs on purpose, design 10.
"""

from collections.abc import Mapping

_TABLES: Mapping[str, str] = {
    "initialise_correspondences upload_correspondences initialise_attachment": """
        sender     recipient  both       other      scopeless  none
        200        403        200        401/4001   403        401        any
    """,
    "search_correspondences": """
        sender     recipient  both       other      scopeless  none
        200        200        200        401/4001   403        401        any
    """,
    "get_correspondence": """
        sender     recipient  both       other      scopeless  none
        404/1001   404/1001   404/1001   404/1001   403        401        unknown
        200        404/1001   200        401/4001   403        401        initialized ready reserved failed
        200        200        200        401/4001   403        401        published fetched read confirmed
        200        200        200        401/4001   403        401        downloaded forwarded archived to-confirm
        200        200        200        401/4001   403        401        not-to-forward
        404/1001   404/1001   404/1001   401/4001   403        401        purged downloaded-purged withdrawn
    """,
    "get_correspondence_details": """
        sender     recipient  both       other      scopeless  none
        404/1001   404/1001   404/1001   404/1001   403        401        unknown
        200        404/1001   200        401/4001   403        401        initialized ready reserved failed purged
        200        404/1001   200        401/4001   403        401        downloaded-purged withdrawn
        200        200        200        401/4001   403        401        published fetched read confirmed
        200        200        200        401/4001   403        401        downloaded forwarded archived to-confirm
        200        200        200        401/4001   403        401        not-to-forward
    """,
    "get_correspondence_notifications": """
        sender     recipient  both       other      scopeless  none
        404/1001   403        404/1001   404/1001   403        401        unknown
        200        403        200        401/4001   403        401        initialized ready reserved failed purged
        200        403        200        401/4001   403        401        downloaded-purged withdrawn
        200        403        200        401/4001   403        401        published fetched read confirmed
        200        403        200        401/4001   403        401        downloaded forwarded archived to-confirm
        200        403        200        401/4001   403        401        not-to-forward
    """,
    "mark_correspondence_as_read": """
        sender     recipient  both       other      scopeless  none
        403        404/1001   404/1001   404/1001   403        401        unknown
        403        404/1001   404/1001   401/4001   403        401        initialized ready reserved failed purged
        403        404/1001   404/1001   401/4001   403        401        downloaded-purged withdrawn
        403        400/1024   400/1024   401/4001   403        401        published
        403        200        200        401/4001   403        401        fetched confirmed downloaded to-confirm
        403        400/1040   400/1040   401/4001   403        401        read forwarded archived not-to-forward
    """,
    "confirm_correspondence": """
        sender     recipient  both       other      scopeless  none
        403        404/1001   404/1001   404/1001   403        401        unknown
        403        404/1001   404/1001   401/4001   403        401        initialized ready reserved failed purged
        403        404/1001   404/1001   401/4001   403        401        downloaded-purged withdrawn
        403        400/1025   400/1025   401/4001   403        401        published
        403        200        200        401/4001   403        401        fetched read downloaded forwarded archived
        403        200        200        401/4001   403        401        to-confirm not-to-forward
        403        400/1041   400/1041   401/4001   403        401        confirmed
    """,
    "purge_correspondence": """
        sender     recipient  both       other      scopeless  none
        404/1001   404/1001   404/1001   404/1001   403        401        unknown
        200        404/1001   200        401/4001   403        401        initialized ready reserved failed
        400/1013   200        400/1013   401/4001   403        401        published fetched read confirmed
        400/1013   200        400/1013   401/4001   403        401        downloaded forwarded archived
        400/1013   200        400/1013   401/4001   403        401        not-to-forward
        400/1013   400/1026   400/1013   401/4001   403        401        to-confirm
        400/1014   400/1014   400/1014   401/4001   403        401        purged downloaded-purged withdrawn
    """,
    "download_correspondence_attachment": """
        sender     recipient  both       other      scopeless  none
        403        404/1001   404/1001   404/1001   403        401        unknown
        403        404/1001   404/1001   401/4001   403        401        initialized ready reserved failed purged
        403        404/1001   404/1001   401/4001   403        401        downloaded-purged withdrawn
        403        200        200        401/4001   403        401        published fetched read confirmed
        403        200        200        401/4001   403        401        downloaded forwarded archived to-confirm
        403        200        200        401/4001   403        401        not-to-forward
        403        404/2001   404/2001   404/2001   403        401        published/unknown
        403        400/2019   400/2019   401/4001   403        401        published/purged
        403        400/2020   400/2020   401/4001   403        401        published/expired
    """,
    "download_all_correspondence_attachments": """
        sender     recipient  both       other      scopeless  none
        403        404/1001   404/1001   404/1001   403        401        unknown
        403        404/1001   404/1001   401/4001   403        401        initialized ready reserved failed purged
        403        404/1001   404/1001   401/4001   403        401        downloaded-purged withdrawn
        403        200        200        401/4001   403        401        published fetched read confirmed
        403        200        200        401/4001   403        401        downloaded forwarded archived to-confirm
        403        200        200        401/4001   403        401        not-to-forward
        403        404/2001   404/2001   401/4001   403        401        published/unknown
        403        400/2019   400/2019   401/4001   403        401        published/purged
        403        400/2020   400/2020   401/4001   403        401        published/expired
    """,
    "get_correspondence_content archive_correspondence unarchive_correspondence mark_correspondence_as_unread": """
        sender     recipient  both       other      scopeless  none
        403        404/1001   404/1001   404/1001   403        401        unknown
        403        404/1001   404/1001   401/4001   403        401        initialized ready reserved failed purged
        403        404/1001   404/1001   401/4001   403        401        downloaded-purged withdrawn
        403        200        200        401/4001   403        401        published fetched read confirmed
        403        200        200        401/4001   403        401        downloaded forwarded archived to-confirm
        403        200        200        401/4001   403        401        not-to-forward
    """,
    "check_reminder": """
        platform   sender     recipient  both       other      none
        200/no     403        403        403        403        401        unknown initialized ready reserved failed
        200/no     403        403        403        403        401        read confirmed forwarded archived
        200/no     403        403        403        403        401        not-to-forward purged downloaded-purged
        200/no     403        403        403        403        401        withdrawn
        200/yes    403        403        403        403        401        published fetched downloaded to-confirm
    """,
    "check_main_notification": """
        platform   sender     recipient  both       other      none
        200/no     403        403        403        403        401        unknown initialized ready reserved failed
        200/no     403        403        403        403        401        purged downloaded-purged withdrawn
        200/yes    403        403        403        403        401        published fetched read confirmed
        200/yes    403        403        403        403        401        downloaded forwarded archived to-confirm
        200/yes    403        403        403        403        401        not-to-forward
    """,
    "forward_correspondence": """
        sender     recipient  both       other      scopeless  none
        403        404/1001   404/1001   404/1001   403        401        unknown
        403        404/1001   404/1001   401/4001   403        401        initialized ready reserved failed purged
        403        404/1001   404/1001   401/4001   403        401        downloaded-purged withdrawn
        403        400/1065   400/1065   401/4001   403        401        published fetched confirmed downloaded
        403        400/1065   400/1065   401/4001   403        401        to-confirm
        403        200        200        401/4001   403        401        read archived
        403        400/1064   400/1064   401/4001   403        401        forwarded
        403        400/1063   400/1063   401/4001   403        401        not-to-forward
    """,
    "check_forwarding": """
        platform   sender     recipient  both       other      none
        404/1001   403        403        403        403        401        unknown
        200/yes    403        403        403        403        401        initialized ready reserved failed
        200/yes    403        403        403        403        401        published fetched read confirmed
        200/yes    403        403        403        403        401        downloaded forwarded archived to-confirm
        200/yes    403        403        403        403        401        purged downloaded-purged withdrawn
        200/no     403        403        403        403        401        not-to-forward
    """,
    "upload_attachment": """
        sender     recipient  both       other      scopeless  none
        404/2001   403        404/2001   404/2001   403        401        unknown
        200        403        200        401/4001   403        401        initialized failed
        400/2005   403        400/2005   401/4001   403        401        uploaded published purged expired
        400/2003   403        400/2003   401/4001   403        401        in-waiting-letter in-published-letter
    """,
    "link_attachment_upload": """
        sender     recipient  both       other      scopeless  none
        404/2001   403        404/2001   404/2001   403        401        unknown
        200        403        200        401/4001   403        401        initialized failed
        400/2005   403        400/2005   401/4001   403        401        uploaded published purged expired
        400/2003   403        400/2003   401/4001   403        401        in-waiting-letter in-published-letter
    """,
    "complete_attachment_upload": """
        sender     recipient  both       other      scopeless  none
        404/2001   403        404/2001   404/2001   403        401        unknown
        409/7007   403        409/7007   401/4001   403        401        initialized uploaded published failed
        409/7007   403        409/7007   401/4001   403        401        purged expired
        409/7007   403        409/7007   401/4001   403        401        in-waiting-letter in-published-letter
    """,
    "get_attachment get_attachment_details": """
        sender     recipient  both       other      scopeless  none
        404/2001   403        404/2001   404/2001   403        401        unknown
        200        403        200        401/4001   403        401        initialized uploaded published failed
        200        403        200        401/4001   403        401        purged expired in-waiting-letter
        200        403        200        401/4001   403        401        in-published-letter
    """,
    "delete_attachment": """
        sender     recipient  both       other      scopeless  none
        404/2001   403        404/2001   404/2001   403        401        unknown
        204        403        204        401/4001   403        401        initialized uploaded published failed
        400/2006   403        400/2006   401/4001   403        401        purged
        400/2018   403        400/2018   401/4001   403        401        expired
        400/2007   403        400/2007   401/4001   403        401        in-waiting-letter in-published-letter
    """,
    "download_attachment": """
        sender     recipient  both       other      scopeless  none
        404/2001   403        404/2001   404/2001   403        401        unknown
        404/2001   403        404/2001   401/4001   403        401        initialized failed
        200        403        200        401/4001   403        401        uploaded published in-waiting-letter
        400/2019   403        400/2019   401/4001   403        401        purged
        400/2020   403        400/2020   401/4001   403        401        expired
        400/2016   403        400/2016   401/4001   403        401        in-published-letter
    """,
    "create_subscription": """
        subscriber another    sender     recipient  both       other      none
        201        401/4001   403        403        403        403        401        any
    """,
    "list_subscriptions": """
        subscriber another    sender     recipient  both       other      none
        200        200        403        403        403        403        401        any
    """,
    "get_subscription delete_subscription rotate_subscription_secret pause_subscription "
    "resume_subscription test_subscription get_subscription_health": """
        subscriber another    sender     recipient  both       other      none
        404/7001   404/7001   403        403        403        403        401        unknown
        200        401/4001   403        403        403        403        401        active
    """,
    "list_deliveries": """
        subscriber another    sender     recipient  both       other      none
        404/7001   404/7001   403        403        403        403        401        unknown
        200        401/4001   403        403        403        403        401        active
    """,
    "get_delivery replay_delivery": """
        subscriber another    sender     recipient  both       other      none
        404/7001   404/7001   403        403        403        403        401        unknown
        404/7005   401/4001   403        403        403        403        401        active
    """,
    "replay_deliveries": """
        subscriber another    sender     recipient  both       other      none
        404/7001   404/7001   403        403        403        403        401        unknown
        202        401/4001   403        403        403        403        401        active
    """,
    "read_feed": """
        subscriber another    sender     recipient  both       other      none
        200        401/4001   403        403        403        403        401        any
    """,
    "receive_scan_results receive_notification_reports": """
        scans      platform   sender     recipient  both       other      none
        200        403        403        403        403        403        401        any
    """,
    "create_template list_templates preview_template": """
        sender     recipient  both       other      none
        200        403        200        401/4001   401        any
    """,
    "get_template activate_template": """
        sender     recipient  both       other      none
        404/7030   403        404/7030   401/4001   401        any
    """,
    "roll_back_template": """
        sender     recipient  both       other      none
        409/7031   403        409/7031   401/4001   401        any
    """,
    "list_stuck": """
        operator   platform   sender     recipient  both       other      none
        200        403        403        403        403        403        401        any
    """,
    "resubmit_stuck": """
        operator   platform   sender     recipient  both       other      none
        404/7020   403        403        403        403        403        401        unknown
    """,
    "health healthz openapi openapi_of_upstream api_page api_page_of_upstream api_page_style": """
        other      none
        200        200        any
    """,
    "preflight": """
        other      none
        204        204        any
    """,
    "no_such_operation": """
        other      none
        404        404        any
    """,
}
"""The operations, by their ids, and their table."""


def _rows_of(operations: str) -> list[tuple[str, str, str]]:
    """Every row of these operations' table as (caller, state, answer)."""
    header, *lines = _TABLES[operations].strip().splitlines()
    callers = header.split()
    found = []
    for line in lines:
        cells = line.split()
        answers, states = cells[: len(callers)], cells[len(callers) :]
        found += [(who, state, answer) for state in states for who, answer in zip(callers, answers, strict=True)]
    return found


ACCESS: Mapping[str, list[tuple[str, str, str]]] = {
    operation: _rows_of(operations) for operations in _TABLES for operation in operations.split()
}
"""By operation: (caller, state, answer)."""
