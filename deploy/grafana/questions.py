"""What editors look at: what people ask, and how well they are answered."""

from deploy.grafana.model import Board, Panel, Query

_ASKED = 'docwatch_desk_questions_total{kind=~"understood|near|missed"}'
_SAID = 'docwatch_desk_questions_total{kind=~"confirmed|denied"}'


def _share(kind: str, of: str, by: str) -> str:
    part = f'sum by ({by}) (increase(docwatch_desk_questions_total{{kind="{kind}"}}[6h]))'
    return f"{part} / sum by ({by}) (increase({of}[6h]))"


def _shares(title: str, description: str, share: str, by: str, alarm: float | None = None) -> Panel:
    legend = f"{{{{{by}}}}}"
    return Panel(title, description, (Query(share, legend),), unit="percentunit", alarm=alarm)


QUESTIONS = Board(
    "docwatch-questions",
    "Questions",
    "What people ask, how much of it is understood, whether the answer was it.",
    (
        Panel(
            "Questions",
            "Questions a second by what became of them: answered at once, near answers offered, missed.",
            (Query(f"sum by (kind) (rate({_ASKED}[15m]))", "{{kind}}"),),
            unit="ops",
        ),
        _shares(
            "Answered at once",
            "The share of questions that found a clear answer, by language.",
            _share("understood", _ASKED, "language"),
            "language",
        ),
        _shares(
            "Near answers offered",
            "The share of questions that were offered answers to choose from, by language.",
            _share("near", _ASKED, "language"),
            "language",
        ),
        _shares(
            "Missed",
            "The share of questions without an answer, by language: docwatch knowledge misses lists them.",
            _share("missed", _ASKED, "language"),
            "language",
            alarm=0.3,
        ),
        _shares(
            "Answered at once, by topic",
            "The share of questions on a topic that found a clear answer, or what the bot does itself.",
            _share("understood", _ASKED, "topic"),
            "topic",
        ),
        _shares(
            "Near answers offered, by topic",
            "The share of questions on a topic that were offered answers to choose from.",
            _share("near", _ASKED, "topic"),
            "topic",
        ),
        _shares(
            "Missed, by topic",
            "The share of questions on a topic without an answer; those of which nothing is known have none.",
            _share("missed", _ASKED, "topic"),
            "topic",
        ),
        _shares(
            "It was the answer",
            "The share of yes among those who said whether this was it, by topic.",
            _share("confirmed", _SAID, "topic"),
            "topic",
        ),
        Panel(
            "Questions by topic",
            "Questions that found an answer a second, by the answer's topic.",
            (
                Query(
                    'sum by (topic) (rate(docwatch_desk_questions_total{kind=~"understood|near"}[15m]))',
                    "{{topic}}",
                ),
            ),
            unit="ops",
        ),
        Panel(
            "Different questions that were missed",
            "How many are kept for editors, and how many a second there was no room for.",
            (
                Query("max(docwatch_desk_misses)", "kept"),
                Query("sum(rate(docwatch_desk_misses_unkept_total[15m]))", "without room"),
            ),
        ),
        Panel(
            "Answers of staff",
            "Answers that staff made or changed, and those that they withdrew.",
            (Query("max by (standing) (docwatch_desk_answers)", "{{standing}}"),),
        ),
        Panel(
            "Changes that are not told yet",
            "Changes of the knowledge base less those that are known to be in the bucket.",
            (Query("max(docwatch_desk_revision) - max(docwatch_desk_published_revision)", "changes"),),
            kind="number",
            alarm=1,
        ),
        Panel(
            "Keys written into the bucket",
            "Each change writes one; more means that somebody else changed the bucket, or that it was lost.",
            (Query("sum(increase(docwatch_desk_bucket_writes_total[15m]))", "keys"),),
        ),
        Panel(
            "Messages about questions put off or unreadable",
            "Given back because the database did not answer, and kept as dead letters, a second.",
            (
                Query("sum(rate(docwatch_desk_postponed_total[5m]))", "put off"),
                Query("sum(rate(docwatch_desk_unreadable_total[5m]))", "unreadable"),
            ),
            unit="ops",
        ),
    ),
)
