"""What supervisors look at: who waits for a person, how soon they are answered, how content they are."""

from deploy.grafana.model import Board, Panel, Query, quantiles

PEOPLE = Board(
    "docwatch-people",
    "People who answer",
    "Who waits for a person, how soon they are answered, how content they are.",
    (
        Panel(
            "Conversations",
            "Those that wait for anybody, that somebody holds, and in which the citizen's turn is next.",
            (
                Query(
                    'max by (standing) (docwatch_desk_conversations{standing!="unopened"})',
                    "{{standing}}",
                ),
            ),
        ),
        Panel(
            "Waits longest",
            "How long the oldest conversation waits that nobody holds.",
            (Query("max(docwatch_desk_oldest_seconds)", "oldest"),),
            unit="s",
        ),
        Panel(
            "Promises that are not kept yet",
            "Questions whose promise ends within two hours of work, and those whose promise has ended.",
            (Query("max by (standing) (docwatch_desk_promises_open)", "{{standing}}"),),
            alarm=1,
        ),
        Panel(
            "Promises kept",
            "The share of a day's answers that came as was promised.",
            (
                Query(
                    'sum(increase(docwatch_desk_promises_total{kind="kept"}[1d]))'
                    " / sum(increase(docwatch_desk_promises_total[1d]))",
                    "kept",
                ),
            ),
            unit="percentunit",
        ),
        Panel(
            "Content",
            "The share of those who were content among those who said so: in thirty days, in the last seven.",
            (
                Query("max(docwatch_desk_content_share and docwatch_desk_rated_lately > 0)", "30 days"),
                Query(
                    'sum(increase(docwatch_desk_ratings_total{kind="content"}[7d]))'
                    " / sum(increase(docwatch_desk_ratings_total[7d]))",
                    "7 days",
                ),
            ),
            unit="percentunit",
        ),
        Panel(
            "Until the first answer",
            "From the question to the first answer of a person.",
            quantiles("docwatch_desk_first_answer_seconds"),
            unit="s",
        ),
        Panel(
            "Time of an answer",
            "How long an answer takes its writer.",
            quantiles("docwatch_desk_handling_seconds"),
            unit="s",
        ),
        Panel(
            "Staff",
            "Those who are there, those of them who hold something; open is 1 in the hours of work.",
            (
                Query("max by (standing) (docwatch_desk_staff)", "{{standing}}"),
                Query("max(docwatch_desk_open)", "open"),
            ),
        ),
        Panel(
            "What citizens do",
            "Messages of citizens in conversations a second.",
            (Query("sum by (kind) (rate(docwatch_desk_talks_total[5m]))", "{{kind}}"),),
            unit="ops",
        ),
        Panel(
            "What they are told",
            "Messages to citizens in conversations a second.",
            (Query("sum by (kind) (rate(docwatch_desk_replies_total[5m]))", "{{kind}}"),),
            unit="ops",
        ),
        Panel(
            "Leases that ran out, answers refused",
            "Conversations that went back by themselves, and answers of whoever did not hold them.",
            (
                Query("sum(increase(docwatch_desk_leases_lapsed_total[15m]))", "leases"),
                Query("sum(increase(docwatch_desk_answers_refused_total[15m]))", "answers"),
            ),
        ),
        Panel(
            "What became of what was said to citizens",
            "Messages of the desk by what the notifier did with them: told, again, dead letters.",
            (Query("sum by (result) (rate(docwatch_notifier_replies_total[5m]))", "{{result}}"),),
            unit="ops",
        ),
        Panel(
            "Files from citizens",
            "Photos and documents sent to people in an hour, by what came of them: kept, or why not.",
            (Query("sum by (result) (increase(docwatch_notifier_files_total[1h]))", "{{result}}"),),
        ),
        Panel(
            "Files that are kept",
            "Bytes of files of citizens in the notifier's database; FILES_ROOM is the most.",
            (Query("max(docwatch_notifier_kept_file_bytes)", "kept"),),
            unit="bytes",
        ),
        Panel(
            "Sign-ins of staff",
            "Attempts to sign in at the desk in an hour, by their step and what came of them.",
            (Query("sum by (step, end) (increase(docwatch_desk_sign_ins_total[1h]))", "{{step}}: {{end}}"),),
        ),
        Panel(
            "Unreadable, without a beginning",
            "Messages kept as dead letters, and conversations of which the beginning is missing.",
            (
                Query("sum(increase(docwatch_desk_talks_unreadable_total[15m]))", "unreadable"),
                Query('max(docwatch_desk_conversations{standing="unopened"})', "without a beginning"),
            ),
            alarm=1,
        ),
    ),
)
