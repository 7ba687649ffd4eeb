"""The names that `fields[type]` may ask for, as revision 2026-07-15 lists them."""

import re
from collections.abc import Mapping
from typing import Final


def names(text: str) -> frozenset[str]:
    """Names between spaces; those within parentheses are parts of the one before: "a(b)" is a.b."""
    found, inside, last = set(), list[str](), ""
    for word in re.findall(r"[\w.-]+|[()]", text):
        if word == "(":
            inside.append(last)
        elif word == ")":
            inside.pop()
        else:
            last = word
            found.add(".".join([*inside, word]))
    return frozenset(found)


_CONSENT: Final = "can_receive consent consent_timestamp created_timestamp last_updated metadata"
_SMS: Final = "consent consent_timestamp last_updated method method_detail"
PERSON: Final = names(
    """
    created email external_id first_name id image last_event_date last_name locale
    location(address1 address2 city country ip latitude longitude region timezone zip)
    organization phone_number properties title updated
    """
)
"""Of a profile that is included with something else."""
PROFILE: Final = PERSON | names(
    f"""
    subscriptions(
      email(
        marketing(can_receive_email_marketing consent consent_timestamp custom_method_detail
          double_optin last_updated list_suppressions method method_detail suppression)
        open_tracking({_CONSENT} valid_until))
      mobile_push(marketing(can_receive_push_marketing consent consent_timestamp))
      sms(marketing(can_receive_sms_marketing {_SMS})
        transactional(can_receive_sms_transactional {_SMS}))
      whatsapp(conversational({_CONSENT} phone_number valid_until)
        marketing({_CONSENT} phone_number valid_until)
        transactional({_CONSENT} phone_number valid_until)))
    predictive_analytics(average_days_between_orders average_order_value churn_probability
      expected_date_of_next_order historic_clv historic_number_of_orders predicted_clv
      predicted_number_of_orders ranked_channel_affinity total_clv)
    """
)
COUPON: Final = names("description external_id id monitor_configuration")
COUPON_CODE: Final = names("expires_at id status unique_code")
JOB: Final = names(
    "completed_at completed_count created_at errors expires_at failed_count id status total_count"
)
CAMPAIGN: Final = names(
    """
    archived audiences(excluded included) created_at id name scheduled_at
    send_options(use_smart_sending)
    send_strategy(date datetime method
      options(is_local send_past_recipients_immediately) throttle_percentage)
    send_time status
    tracking_options(add_tracking_params custom_tracking_params is_tracking_clicks
      is_tracking_opens)
    updated_at
    """
)
CAMPAIGN_MESSAGE: Final = names(
    """
    created_at id send_times updated_at
    definition(channel
      content(action_buttons bcc_email body cc_email dynamic_image from_email from_label media_url
        preview_text reply_to_email subject title)
      kv_pairs label notification_type
      options(badge(badge_options(badge_config set_from_property value) display)
        on_open(android_deep_link ios_deep_link type web_url) play_sound)
      render_options(add_info_link add_opt_out_language add_org_prefix shorten_links))
    """
)
REVIEW: Final = names(
    """
    author content created email id images product(external_id image_url name url)
    public_reply(author content updated) rating review_type smart_quote
    status(rejection_reason(reason status_explanation) value) title updated verified
    """
)
EVENT: Final = names("datetime event_properties id timestamp uuid")
METRIC: Final = names("created id integration name updated")
ATTRIBUTION: Final = names("id")
TAG: Final = names("id name")
CONVERSATION: Final = names("channel id")
LIST: Final = names("created id name opt_in_process updated")
SEGMENT: Final = names(
    "created definition(condition_groups) id is_active is_processing is_starred name updated"
)
PUSH_TOKEN: Final = names(
    """
    background created enablement_status id
    metadata(app_build app_id app_name app_version device_id device_model environment klaviyo_sdk
      manufacturer os_name os_version sdk_version)
    platform recorded_date token vendor
    """
)

REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "coupon": names("external_id"),
    "coupon-code-bulk-create-job": names("status created_at total_count"),
    "campaign": names(
        "name status archived audiences send_options send_strategy created_at updated_at"
    ),
    "review": names("verified review_type created updated images"),
}
"""What stays in an answer whatever `fields` asks for: its schema requires it."""
WITH_PARENT: Final = names(
    """
    definition.channel product.name product.url public_reply.author public_reply.content
    public_reply.updated status.value
    subscriptions.email.marketing.can_receive_email_marketing
    subscriptions.email.marketing.consent
    subscriptions.sms.marketing.can_receive_sms_marketing subscriptions.sms.marketing.consent
    """
)
"""What stays inside an attribute of which a part is asked for, for the same reason."""
