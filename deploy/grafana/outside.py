"""What people outside notice: is it working, the back office, the bot."""

from deploy.grafana.model import Board, Panel, Query, quantiles

TOLD = "docwatch_notifier_latency_seconds"

WORKING = Board(
    "docwatch-working",
    "Is it working",
    "For anyone: what comes in, who is told, how fast, what is stuck.",
    (
        Panel(
            "Services that answer",
            "How many of the programs Prometheus reaches.",
            (Query('sum(up{job="docwatch"})', "up"),),
            kind="number",
        ),
        Panel(
            "Notices missing in the books",
            "Notices that events caused, less those in the ledger. Anything but 0 is a fault.",
            (Query("max(docwatch_tracker_notices_unreconciled)", "missing"),),
            kind="number",
            alarm=1,
        ),
        Panel(
            "Dead letters",
            "Messages without effect that wait for somebody: dead, parked, conflicts, refused.",
            (Query("sum(max by (effect) (docwatch_tracker_put_aside))", "waiting"),),
            kind="number",
            alarm=1,
        ),
        Panel(
            "Oldest notice on its way",
            "Age of the oldest notice without an end.",
            (Query("max(docwatch_tracker_notices_oldest_seconds)", "oldest"),),
            unit="s",
            kind="number",
            alarm=300,
        ),
        Panel(
            "Events in",
            "Events accepted a second.",
            (Query('sum(rate(docwatch_ingest_events_total{result="accepted"}[5m]))', "accepted"),),
            unit="ops",
        ),
        Panel(
            "Notices by end",
            "How notices ended, a second.",
            (
                Query("sum by (end) (rate(docwatch_tracker_notice_ends_total[5m]))", "{{end}}"),
                Query("sum(rate(docwatch_tracker_notices_failed_total[5m]))", "accepted, then failed"),
            ),
            unit="ops",
        ),
        Panel(
            "From the 202 to the messenger",
            "How long a citizen waits after the agency's system was answered.",
            quantiles(TOLD),
            unit="s",
            alarm=60,
        ),
        Panel(
            "Told within 60 s",
            "The share of notices that the messenger took within 60 s of the 202; the aim is 99 %.",
            (
                Query(
                    f'sum(increase({TOLD}_bucket{{le="60.0"}}[1h])) / sum(increase({TOLD}_count[1h]))',
                    "share",
                ),
            ),
            unit="percentunit",
        ),
        Panel(
            "Waiting to be sent",
            "Deliveries not ended yet, by account and class; those held back for the night are among them.",
            (Query("max by (account, class) (docwatch_notifier_waiting)", "{{account}} {{class}}"),),
        ),
        Panel(
            "The queue ends in",
            "How long it takes each account at its own rate to send what may be sent now.",
            (
                Query(
                    "sum by (account) (max by (account, class) (docwatch_notifier_due))"
                    " / max by (account) (docwatch_notifier_rate_limit)",
                    "{{account}}",
                ),
            ),
            unit="s",
            alarm=1800,
        ),
        Panel(
            "People",
            "Subscriptions that are active, and citizens by standing.",
            (
                Query("max(docwatch_tracker_subscriptions)", "subscriptions"),
                Query("max by (standing) (docwatch_notifier_recipients)", "{{standing}}"),
            ),
        ),
    ),
)

BACK_OFFICE = Board(
    "docwatch-back-office",
    "Back office",
    "What each publisher sends and what is made of it.",
    (
        Panel(
            "Events by publisher",
            "Events a second by publisher and result.",
            (
                Query(
                    "sum by (publisher, result) (rate(docwatch_ingest_publisher_events_total[5m]))",
                    "{{publisher}} {{result}}",
                ),
            ),
            unit="ops",
        ),
        Panel(
            "Silent for",
            "Time since each publisher's last accepted event.",
            (
                Query(
                    "time() - max by (publisher) (docwatch_ingest_publisher_heard_seconds)", "{{publisher}}"
                ),
            ),
            unit="s",
        ),
        Panel(
            "Effects of events",
            "What events did to their applications, a second.",
            (Query("sum by (effect) (rate(docwatch_tracker_events_total[5m]))", "{{effect}}"),),
            unit="ops",
        ),
        Panel(
            "Time to answer a post",
            "From the parsed body to the last acknowledgement.",
            quantiles("docwatch_ingest_accepting_seconds"),
            unit="s",
        ),
        Panel(
            "Events in a request",
            "How many events a post holds.",
            quantiles("docwatch_ingest_batch_events"),
        ),
        Panel(
            "Receipts",
            "Receipts a second by result.",
            (Query("sum by (result) (rate(docwatch_ingest_receipts_total[5m]))", "{{result}}"),),
            unit="ops",
        ),
        Panel(
            "What goes wrong",
            "Posts that were not answered (5xx), events whose fate was unknown, and warnings given.",
            (
                Query('sum(rate(docwatch_ingest_posts_total{result="failed"}[5m]))', "not answered"),
                Query("sum(rate(docwatch_ingest_unknown_publishes_total[5m]))", "unknown"),
                Query("sum(rate(docwatch_ingest_warnings_total[5m]))", "warnings"),
            ),
            unit="ops",
        ),
        Panel(
            "Rejected by why",
            "Rejected events a second, by the field that is wrong.",
            (
                Query(
                    "sum by (publisher, why) (rate(docwatch_ingest_rejected_events_total[5m])) or vector(0)",
                    "{{publisher}} {{why}}",
                ),
            ),
            unit="ops",
        ),
        Panel(
            "Callbacks by result",
            "Messages with outcomes posted to publishers, a second.",
            (Query("sum by (result) (rate(docwatch_ingest_callbacks_total[5m]))", "{{result}}"),),
            unit="ops",
        ),
        Panel(
            "Oldest outcome not posted",
            "How long a publisher's callback has not taken the next outcome.",
            (
                Query(
                    "max by (publisher) (docwatch_ingest_callback_oldest_seconds) or vector(0)",
                    "{{publisher}}",
                ),
            ),
            unit="s",
            alarm=900,
        ),
        Panel(
            "Outcomes not yet in the feed",
            "How far the feed for back offices is behind.",
            (Query("max(docwatch_ingest_feed_behind)", "behind"),),
        ),
    ),
)

BOT = Board(
    "docwatch-bot",
    "Bot",
    "What citizens do and what they get.",
    (
        Panel(
            "What citizens do",
            "Updates a second, by what was planned for them.",
            (
                Query(
                    "sum by (account, plan) (rate(docwatch_notifier_updates_total[5m]))",
                    "{{account}} {{plan}}",
                ),
            ),
            unit="ops",
        ),
        Panel(
            "Not understood",
            "The share of what citizens do that the bot has no meaning for.",
            (
                Query(
                    'sum by (account) (rate(docwatch_notifier_updates_total{plan="notunderstood"}[5m]))'
                    " / sum by (account) (rate(docwatch_notifier_updates_total[5m]))",
                    "{{account}}",
                ),
            ),
            unit="percentunit",
        ),
        Panel(
            "Questions in people's words",
            "The share understood, offered among near ones and missed, by language.",
            (
                Query(
                    "sum by (language, kind)"
                    ' (rate(docwatch_notifier_questions_total{kind=~"understood|near|missed"}[1h]))'
                    " / on (language) group_left sum by (language)"
                    ' (rate(docwatch_notifier_questions_total{kind=~"understood|near|missed"}[1h]))',
                    "{{language}} {{kind}}",
                ),
            ),
            unit="percentunit",
        ),
        Panel(
            "Was this it?",
            "The share that says yes of those who say anything, by topic.",
            (
                Query(
                    'sum by (topic) (rate(docwatch_notifier_questions_total{kind="confirmed"}[1d]))'
                    " / sum by (topic)"
                    ' (rate(docwatch_notifier_questions_total{kind=~"confirmed|denied"}[1d]))',
                    "{{topic}}",
                ),
            ),
            unit="percentunit",
        ),
        Panel(
            "Answers by end",
            "How answers ended, a second.",
            (
                Query(
                    'sum by (account, end) (rate(docwatch_notifier_ends_total{kind="answer"}[5m]))',
                    "{{account}} {{end}}",
                ),
            ),
            unit="ops",
        ),
        Panel(
            "Time to find an answer",
            "From an update in hand to its answers in the queue.",
            quantiles("docwatch_notifier_answer_seconds", "account"),
            unit="s",
        ),
        Panel(
            "Time to send an answer",
            "From an answer in the queue to the messenger's acceptance.",
            quantiles("docwatch_notifier_answered_seconds", "account"),
            unit="s",
            alarm=30,
        ),
        Panel(
            "Questions to the tracker",
            "Calls a second by kind and result.",
            (Query("sum by (call, result) (rate(docwatch_tracker_rpc_total[5m]))", "{{call}} {{result}}"),),
            unit="ops",
        ),
    ),
)
