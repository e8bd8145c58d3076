"""The fields of a form as the body that they stand for."""

from contextlib import suppress

import pytest

from shared.domain.attachment import External
from shared.domain.correspondence import BodyFormat
from shared.domain.errors import InvalidRequest, Refusal
from shared.schemas.forms import as_body, is_file_field, read_form

LEAST = [
    ("Correspondence.ResourceId", "example-letters"),
    ("Correspondence.SendersReference", "ref-1"),
    ("Correspondence.Content.MessageTitle", "Vedtak"),
    ("Correspondence.Content.MessageBody", "Et *vedtak*."),
    ("Recipients[0]", "0192:311001000"),
]


def test_names_are_paths_in_any_case_with_or_without_the_prefix() -> None:
    """Both kinds of official clients are understood, and mean the same."""
    prefixed = [(f"REQUEST.{name.upper()}", value) for name, value in LEAST]
    assert read_form(prefixed).to_domain().digest == read_form(LEAST).to_domain().digest


def test_indexes_give_lists_in_their_order() -> None:
    """Whatever the order of the fields; objects in lists keep their members together."""
    fields = [
        ("Recipients[1]", "b"),
        ("Recipients[0]", "a"),
        ("Correspondence.Content.Attachments[0].FileName", "a.pdf"),
        ("Correspondence.Content.Attachments[0].IsEncrypted", "true"),
        ("Correspondence.ReplyOptions[0].LinkURL", "https://a.example"),
    ]
    assert as_body(fields) == {
        "recipients": ["a", "b"],
        "correspondence": {
            "content": {"attachments": [{"filename": "a.pdf", "isencrypted": "true"}]},
            "replyoptions": [{"linkurl": "https://a.example"}],
        },
    }


def test_a_repeated_name_gives_a_list_too() -> None:
    """For lists of plain values only; of other values the first counts."""
    fields = [("Recipients", "a"), ("recipients", "b"), ("ExistingAttachments", "c"), ("IdempotentKey", "1")]
    assert as_body([*fields, ("IdempotentKey", "2")]) == {
        "recipients": ["a", "b"],
        "existingattachments": ["c"],
        "idempotentkey": "1",
    }


def test_properties_keep_the_case_of_their_keys() -> None:
    """Dotted, in brackets, or as pairs; a dot may be part of a key."""
    fields = [
        ("Correspondence.PropertyList.My.Key", "1"),
        ("correspondence.propertyList[Other]", "2"),
        ("Correspondence.PropertyList[0].Key", "Third"),
        ("Correspondence.PropertyList[0].Value", "3"),
    ]
    assert as_body(fields) == {"correspondence": {"propertylist": {"My.Key": "1", "Other": "2", "Third": "3"}}}


def test_an_empty_value_is_null() -> None:
    """So that a client may send every field of its form."""
    message = read_form([*LEAST, ("Correspondence.DueDateTime", ""), ("IdempotentKey", "")]).to_domain()
    assert (message.due_date_time, message.idempotent_key) == (None, None)


def test_faults_are_named_as_in_json() -> None:
    """The same paths, whatever the case of the fields."""
    with pytest.raises(InvalidRequest) as caught:
        read_form([*LEAST[1:], ("Correspondence.IsConfidential", "perhaps")])
    assert {fault.path for fault in caught.value.faults} == {
        "correspondence.resourceId",
        "correspondence.isConfidential",
    }


def test_an_undefined_template_is_an_ordinary_fault_here() -> None:
    """Only JSON has the bare answer; a template that is defined but has no texts is 3001 on both."""
    at = "Correspondence.Notification.NotificationTemplate"
    with pytest.raises(InvalidRequest):
        read_form([*LEAST, (at, "7")])
    without_texts = read_form([*LEAST, (at, "2")]).to_domain()
    assert without_texts.unreadable_notification is Refusal.TEMPLATE_UNKNOWN
    assert read_form([*LEAST, (at, "1")]).to_domain().notification is not None


@pytest.mark.parametrize(
    "name",
    ["", ".", "a..b[", "Recipients[x]", "a" + ".b" * 20, "correspondence", "Recipients[0].x", "[0]", "a[99999]"],
)
def test_strange_names_do_no_harm(name: str) -> None:
    """They are ignored, or lead to a fault of the form; nothing else is raised."""
    with suppress(InvalidRequest):
        read_form([(name, "x"), *LEAST, (name, "y")]).to_domain()


def test_files_come_in_one_field() -> None:
    """In any case, with or without the prefix."""
    assert is_file_field("Attachments")
    assert is_file_field("request.attachments")
    assert not is_file_field("vedtak.pdf")


def test_a_form_can_say_all_that_json_can_of_contents() -> None:
    """The format of the body by name or number, and an attachment that is stored elsewhere."""
    entry = "Correspondence.Content.Attachments[0]."
    fields = [
        *LEAST,
        ("Correspondence.Content.MessageBodyFormat", "1"),
        (entry + "FileName", "a.zip"),
        (entry + "SendersReference", "r"),
        (entry + "DataLocationType", "2"),
        (entry + "DataLocationUrl", "https://files.example.com/a.zip"),
    ]
    message = read_form(fields).to_domain()
    assert message.content.format is BodyFormat.HTML
    assert message.new_attachments[0].external == External("https://files.example.com/a.zip")
    without = [field for field in LEAST if not field[0].endswith("MessageBody")]
    linked = read_form([*without, ("correspondence.content.messagebodyurl", "https://files.example.com/b")]).to_domain()
    assert linked.content.body_url == "https://files.example.com/b"
