"""The names that `fields[type]` may ask for, as revision 2026-07-15 lists them."""

from collections.abc import Mapping
from typing import Final

_Names = Mapping[str, str]


def _paths(groups: _Names) -> frozenset[str]:
    return frozenset(
        f"{group}.{name}".lstrip(".") for group, names in groups.items() for name in names.split()
    )


_CONSENT: Final = "can_receive consent consent_timestamp created_timestamp last_updated metadata"
_SMS: Final = "consent consent_timestamp last_updated method method_detail"
_PERSON: Final = {
    "": (
        "created email external_id first_name id image last_event_date last_name locale location "
        "organization phone_number properties title updated"
    ),
    "location": "address1 address2 city country ip latitude longitude region timezone zip",
}
_SUBSCRIPTIONS: Final = {
    "subscriptions": "email mobile_push sms whatsapp",
    "subscriptions.email": "marketing open_tracking",
    "subscriptions.email.marketing": (
        "can_receive_email_marketing consent consent_timestamp custom_method_detail double_optin "
        "last_updated list_suppressions method method_detail suppression"
    ),
    "subscriptions.email.open_tracking": f"{_CONSENT} valid_until",
    "subscriptions.mobile_push": "marketing",
    "subscriptions.mobile_push.marketing": "can_receive_push_marketing consent consent_timestamp",
    "subscriptions.sms": "marketing transactional",
    "subscriptions.sms.marketing": f"can_receive_sms_marketing {_SMS}",
    "subscriptions.sms.transactional": f"can_receive_sms_transactional {_SMS}",
    "subscriptions.whatsapp": "conversational marketing transactional",
    "subscriptions.whatsapp.conversational": f"{_CONSENT} phone_number valid_until",
    "subscriptions.whatsapp.marketing": f"{_CONSENT} phone_number valid_until",
    "subscriptions.whatsapp.transactional": f"{_CONSENT} phone_number valid_until",
}
_ANALYTICS: Final = {
    "": "predictive_analytics",
    "predictive_analytics": (
        "average_days_between_orders average_order_value churn_probability "
        "expected_date_of_next_order historic_clv historic_number_of_orders predicted_clv "
        "predicted_number_of_orders ranked_channel_affinity total_clv"
    ),
}

PERSON: Final = _paths(_PERSON)
"""Of a profile that is included with something else."""
PROFILE: Final = PERSON | {"subscriptions"} | _paths(_SUBSCRIPTIONS) | _paths(_ANALYTICS)
COUPON: Final = _paths({"": "description external_id id monitor_configuration"})
COUPON_CODE: Final = _paths({"": "expires_at id status unique_code"})
JOB: Final = _paths(
    {
        "": (
            "completed_at completed_count created_at errors expires_at failed_count id status "
            "total_count"
        )
    }
)
CAMPAIGN: Final = _paths(
    {
        "": (
            "archived audiences created_at id name scheduled_at send_options send_strategy "
            "send_time status tracking_options updated_at"
        ),
        "audiences": "excluded included",
        "send_options": "use_smart_sending",
        "send_strategy": "date datetime method options throttle_percentage",
        "send_strategy.options": "is_local send_past_recipients_immediately",
        "tracking_options": (
            "add_tracking_params custom_tracking_params is_tracking_clicks is_tracking_opens"
        ),
    }
)
CAMPAIGN_MESSAGE: Final = _paths(
    {
        "": "created_at definition id send_times updated_at",
        "definition": "channel content kv_pairs label notification_type options render_options",
        "definition.content": (
            "action_buttons bcc_email body cc_email dynamic_image from_email from_label media_url "
            "preview_text reply_to_email subject title"
        ),
        "definition.options": "badge on_open play_sound",
        "definition.options.badge": "badge_options display",
        "definition.options.badge.badge_options": "badge_config set_from_property value",
        "definition.options.on_open": "android_deep_link ios_deep_link type web_url",
        "definition.render_options": (
            "add_info_link add_opt_out_language add_org_prefix shorten_links"
        ),
    }
)
REVIEW: Final = _paths(
    {
        "": (
            "author content created email id images product public_reply rating review_type "
            "smart_quote status title updated verified"
        ),
        "product": "external_id image_url name url",
        "public_reply": "author content updated",
        "status": "rejection_reason value",
        "status.rejection_reason": "reason status_explanation",
    }
)
EVENT: Final = _paths({"": "datetime event_properties id timestamp uuid"})
METRIC: Final = _paths({"": "created id integration name updated"})
ATTRIBUTION: Final = frozenset({"id"})
TAG: Final = frozenset({"id", "name"})
CONVERSATION: Final = frozenset({"channel", "id"})
LIST: Final = _paths({"": "created id name opt_in_process updated"})
SEGMENT: Final = _paths(
    {
        "": "created definition id is_active is_processing is_starred name updated",
        "definition": "condition_groups",
    }
)
PUSH_TOKEN: Final = _paths(
    {
        "": "background created enablement_status id metadata platform recorded_date token vendor",
        "metadata": (
            "app_build app_id app_name app_version device_id device_model environment klaviyo_sdk "
            "manufacturer os_name os_version sdk_version"
        ),
    }
)

REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "coupon": frozenset({"external_id"}),
    "coupon-code-bulk-create-job": frozenset({"status", "created_at", "total_count"}),
    "campaign": frozenset(
        {
            "name", "status", "archived", "audiences", "send_options",
            "send_strategy", "created_at", "updated_at",
        }
    ),
    "review": frozenset({"verified", "review_type", "created", "updated", "images"}),
}  # fmt: skip
"""What stays in an answer whatever `fields` asks for: its schema requires it."""

WITH_PARENT: Final = frozenset(
    {
        "definition.channel", "product.name", "product.url", "public_reply.author",
        "public_reply.content", "public_reply.updated", "status.value",
        "subscriptions.email.marketing.can_receive_email_marketing",
        "subscriptions.email.marketing.consent",
        "subscriptions.sms.marketing.can_receive_sms_marketing",
        "subscriptions.sms.marketing.consent",
    }
)  # fmt: skip
"""What stays inside an attribute of which a part is asked for, for the same reason."""
