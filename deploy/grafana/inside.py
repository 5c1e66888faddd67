"""What operators look at: messengers and internals."""

from deploy.grafana.model import Board, Panel, Query, quantiles

MESSENGERS = Board(
    "docwatch-messengers",
    "Messengers",
    "What is sent through each account, how fast the messenger takes it, what it refuses.",
    (
        Panel(
            "Calls by result",
            "Calls to the messenger a second.",
            (
                Query(
                    "sum by (account, result) (rate(docwatch_notifier_attempts_total[5m]))",
                    "{{account}} {{result}}",
                ),
            ),
            unit="ops",
        ),
        Panel(
            "Time of a call",
            "How long the messenger takes.",
            quantiles("docwatch_notifier_call_seconds", "account"),
            "s",
        ),
        Panel(
            "Oldest delivery",
            "Age of the oldest delivery that has not ended, by account and class.",
            (Query("max by (account, class) (docwatch_notifier_oldest_seconds)", "{{account}} {{class}}"),),
            unit="s",
        ),
        Panel(
            "Account rests for",
            "Seconds until the messenger lets us send again.",
            (
                Query(
                    "clamp_min(max by (account) (docwatch_notifier_paused_until_seconds) - time(), 0)",
                    "{{account}}",
                ),
            ),
            unit="s",
        ),
        Panel(
            "Share of the account's rate in use",
            "Calls a second against what the account may make; near 1 the queue grows.",
            (
                Query(
                    "sum by (account) (rate(docwatch_notifier_attempts_total[5m]))"
                    " / max by (account) (docwatch_notifier_rate_limit)",
                    "{{account}}",
                ),
            ),
            unit="percentunit",
            alarm=0.8,
        ),
        Panel(
            "Messages that may go out now",
            "The level of the bucket that keeps us within the account's rate.",
            (Query("max by (account) (docwatch_notifier_bucket_tokens)", "{{account}}"),),
        ),
        Panel(
            "Why notices ended otherwise",
            "Notices a second that ended as anything but accepted, by account, end and reason.",
            (
                Query(
                    "sum by (account, end, reason) "
                    '(rate(docwatch_notifier_ends_total{kind="notice",end!="accepted"}[5m]))',
                    "{{account}} {{end}} {{reason}}",
                ),
            ),
            unit="ops",
        ),
        Panel(
            "Published links",
            "1 while the links on receipts do not lead to our bot.",
            (Query("max by (account) (docwatch_notifier_published_link_dead)", "{{account}}"),),
            kind="number",
            alarm=1,
        ),
        Panel(
            "Account refused",
            "1 while the messenger refuses the account itself, or its settings cannot be used.",
            (Query("max by (account) (docwatch_notifier_account_down)", "{{account}}"),),
            kind="number",
            alarm=1,
        ),
        Panel(
            "Messenger left alone",
            "1 while too many calls fail or are slow, and we wait before we call again.",
            (Query("max by (account) (docwatch_notifier_circuit_open)", "{{account}}"),),
            kind="number",
            alarm=1,
        ),
        Panel(
            "Who sends",
            "How many notifiers hold the lease of each account: must be 1.",
            (Query("sum by (account) (docwatch_notifier_lease_held)", "{{account}}"),),
            kind="number",
        ),
        Panel(
            "Held back by operators",
            "1 while nothing but answers goes out, for operators said so: docwatch channels list says why.",
            (Query("max by (account) (docwatch_notifier_account_paused)", "{{account}}"),),
            kind="number",
            alarm=1,
        ),
        Panel(
            "Messages that cost money, this month",
            "Accepted messages that we began outside of a conversation, and how many there may be.",
            (
                Query("max by (account) (docwatch_notifier_paid_this_month)", "{{account}}"),
                Query("max by (account) (docwatch_notifier_paid_ceiling)", "{{account}}, the ceiling"),
            ),
        ),
        Panel(
            "Messages that cost money",
            "Such messages a second.",
            (
                Query(
                    "sum by (account) (rate(docwatch_notifier_paid_messages_total[5m]))",
                    "{{account}}",
                ),
            ),
            unit="ops",
        ),
        Panel(
            "From the notice to the messenger",
            "Time in the notifier alone.",
            quantiles("docwatch_notifier_since_notice_seconds", "account"),
            "s",
        ),
        Panel(
            "From the change to the messenger",
            "Time since the change at the back office: with its own delay in it.",
            quantiles("docwatch_notifier_since_occurred_seconds", "account"),
            "s",
        ),
        Panel(
            "Reachable share",
            "Of citizens with consent, those whom the messenger lets us write to.",
            (
                Query(
                    'max(docwatch_notifier_recipients{standing="reachable"})'
                    ' / max(docwatch_notifier_recipients{standing="consented"})',
                    "reachable",
                ),
            ),
            "percentunit",
        ),
    ),
)

INTERNALS = Board(
    "docwatch-internals",
    "Internals",
    "Streams, batches, outboxes, NATS and the database.",
    (
        Panel(
            "Dependencies",
            "1 while a service reaches what it stands on.",
            (
                Query(
                    "min by (job, instance, dependency) (docwatch_dependency_up)",
                    "{{instance}} {{dependency}}",
                ),
            ),
        ),
        Panel(
            "Time of a small question",
            "How long NATS and the database take.",
            (Query("max by (dependency) (docwatch_dependency_seconds)", "{{dependency}}"),),
            unit="s",
        ),
        Panel(
            "Consumer lag",
            "Messages that a consumer has not acknowledged.",
            (Query("max by (stream, consumer) (docwatch_consumer_lag_messages)", "{{stream}} {{consumer}}"),),
        ),
        Panel(
            "Oldest unprocessed message",
            "Age of the oldest message that a consumer has not acknowledged.",
            (
                Query(
                    "max by (stream, consumer) (docwatch_consumer_oldest_seconds)", "{{stream}} {{consumer}}"
                ),
            ),
            unit="s",
        ),
        Panel(
            "Stream fill",
            "Share of each stream's limit that is used; a full one refuses new messages.",
            (Query("max by (stream) (docwatch_stream_bytes / docwatch_stream_limit_bytes)", "{{stream}}"),),
            unit="percentunit",
        ),
        Panel(
            "Messages in streams",
            "How much each stream holds.",
            (Query("max by (stream) (docwatch_stream_messages)", "{{stream}}"),),
        ),
        Panel(
            "Outboxes",
            "Messages committed and not yet in their stream.",
            (
                Query("max(docwatch_tracker_outbox_rows)", "tracker"),
                Query("max(docwatch_notifier_outbox_rows)", "notifier"),
                Query("max(docwatch_desk_outbox_rows)", "desk"),
            ),
        ),
        Panel(
            "The tracker's batches",
            "Time from a batch in hand to its commit.",
            quantiles("docwatch_tracker_batch_seconds"),
            unit="s",
        ),
        Panel(
            "Size of the tracker's batches",
            "Messages taken in by one transaction.",
            quantiles("docwatch_tracker_batch_size"),
        ),
        Panel(
            "Versions",
            "Which versions run.",
            (Query("sum by (service, version) (docwatch_build_info)", "{{service}} {{version}}"),),
        ),
    ),
)
