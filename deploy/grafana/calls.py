"""What supervisors look at: who is to be called by phone, and how calls go."""

from deploy.grafana.model import Board, Panel, Query

CALLS = Board(
    "docwatch-calls",
    "Calls",
    "Whom no message reached: who is to be called, who was, what came of it.",
    (
        Panel(
            "To be called",
            "People who are due, held by a caller now, or to be called later.",
            (Query("max by (standing) (docwatch_desk_calls)", "{{standing}}"),),
        ),
        Panel(
            "Due for the longest",
            "For how long the oldest call has been due; nights and days off count.",
            (Query("max(docwatch_desk_calls_oldest_seconds)", "oldest"),),
            unit="s",
        ),
        Panel(
            "Calls",
            "Calls an hour by how they went.",
            (Query("sum by (result) (increase(docwatch_desk_calls_made_total[1h]))", "{{result}}"),),
        ),
        Panel(
            "Over",
            "People an hour who are not to be called any more, by why: most of them reached, one hopes.",
            (Query("sum by (why) (increase(docwatch_desk_calls_ended_total[1h]))", "{{why}}"),),
        ),
        Panel(
            "Told to back offices",
            "Calls an hour that the tracker took in, by how they went, and those that it could not use.",
            (
                Query("sum by (result) (increase(docwatch_tracker_calls_total[1h]))", "{{result}}"),
                Query("sum by (why) (increase(docwatch_tracker_calls_ignored_total[1h]))", "not: {{why}}"),
            ),
        ),
        Panel(
            "Since the list was read",
            "Since when the desk has not read the tracker's list; it does so every 15 seconds.",
            (Query("max(docwatch_desk_calls_read_seconds)", "seconds"),),
            unit="s",
            alarm=600,
        ),
    ),
)
