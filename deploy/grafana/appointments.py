"""What an agency that gives appointments looks at: whether there are times, who waits, what people ask."""

from deploy.grafana.model import Board, Panel, Query

APPOINTMENTS = Board(
    "docwatch-appointments",
    "Appointments",
    "How much of the offices' time is booked, who waits for it, and what citizens were answered.",
    (
        Panel(
            "Booked",
            "Times that stand and have not begun, by office.",
            (Query("max by (office) (docwatch_desk_appointments)", "{{office}}"),),
        ),
        Panel(
            "Free",
            "Places that somebody could book now, by office: none for long means too little capacity.",
            (Query("max by (office) (docwatch_desk_appointments_free)", "{{office}}"),),
        ),
        Panel(
            "Waiting for an earlier time",
            "People who asked to hear of earlier times, by office.",
            (Query("max by (office) (docwatch_desk_appointments_waiting)", "{{office}}"),),
        ),
        Panel(
            "Told later that it is ready",
            "Applications that wait for a day on which their office invites again.",
            (Query("max by (office) (docwatch_notifier_invitations_waiting)", "{{office}}"),),
        ),
        Panel(
            "When the last of them is told",
            "How long until everybody is told whose document is ready now: weeks mean too little capacity.",
            (Query("max by (office) (docwatch_notifier_invitations_last_seconds)", "{{office}}"),),
            unit="s",
        ),
        Panel(
            "Calls",
            "Calls a second about appointments, by what was asked and how it was answered.",
            (Query("sum by (call, result) (rate(docwatch_desk_rpc_total[15m]))", "{{call}}: {{result}}"),),
            unit="ops",
        ),
        Panel(
            "Told unasked",
            "Reminders, called-off times and offers of earlier ones that were sent on their way, in an hour.",
            (Query("sum by (kind) (increase(docwatch_desk_appointments_told_total[1h]))", "{{kind}}"),),
        ),
    ),
)
